/**
 * The Objective-C route to the engine as tables: the C functions of the Objective-C runtime, CoreFoundation and IOSurface, and
 * every message that is sent, each with the types and classes of its arguments and of what it returns. All messages go
 * through the one symbol `objc_msgSend`, called as a function of the message's own signature; only pointers and integers
 * cross (no structure by value, no floating point), so a row is all that a call needs.
 *
 * Sources: "appendix" is the list of selectors and types decoded from AppleNeuralEngine.framework (driver-stack.md, Appendix 1),
 * "A.1" and the like are sections of the same notes. Foundation's and IOSurface's rows are public headers.
 */
import {
  disputed,
  type ForeignFunction,
  type ForeignParameter,
  type ForeignReturn,
  foreign,
  plain,
} from "./foreign-table.ts";

/** An object argument of a class; `borrows`, since Objective-C callees retain what they keep. */
const object = <const Kind extends string>(kind: Kind, name: string) =>
  ({ name, type: "object", kind, ownership: "borrows" }) as const;

/** The same where nil is allowed. */
const objectOrNil = <const Kind extends string>(kind: Kind, name: string) =>
  ({ name, type: "object", kind, ownership: "borrows", nullable: true }) as const;

/** The cell that receives an `NSError *`, autoreleased. */
const errorCell = { name: "error", type: "out-object", kind: "NSError", ownership: "borrows" } as const;

/** Memory of the caller that the callee reads. */
const bytes = (name: string) => ({ name, type: "data", direction: "in" }) as const;

/** `libobjc.A.dylib` (objc/runtime.h, objc/message.h, A.0). Classes and selectors live for ever. */
export const runtimeTable = {
  objc_getClass: foreign("object", [{ name: "name", type: "string" }], {
    returned: { kind: "Class", ownership: "borrows" },
  }),
  sel_registerName: foreign("address", [{ name: "name", type: "string" }]),
  objc_autoreleasePoolPush: foreign("address", []),
  objc_autoreleasePoolPop: foreign("void", [plain("address", "pool")]),
  objc_retain: foreign("object", [object("NSObject", "object")], {
    returned: { kind: "NSObject", ownership: "retains" },
  }),
  objc_release: foreign("void", [{ ...object("NSObject", "object"), ownership: "releases" }]),
} as const;

/** `IOSurface.framework` (IOSurfaceRef.h) and the one function of CoreFoundation that gives a surface back. */
export const surfaceTable = {
  IOSurfaceCreate: foreign("object", [object("NSDictionary", "properties")], {
    returned: { kind: "IOSurface", ownership: "creates" },
    note: "CFDictionaryRef is NSDictionary (toll-free bridging)",
  }),
  IOSurfaceLock: foreign("i32", [
    object("IOSurface", "surface"),
    plain("u32", "options"),
    { ...bytes("seed"), nullable: true },
  ]),
  IOSurfaceUnlock: foreign("i32", [
    object("IOSurface", "surface"),
    plain("u32", "options"),
    { ...bytes("seed"), nullable: true },
  ]),
  IOSurfaceGetBaseAddress: foreign("address", [object("IOSurface", "surface")]),
  IOSurfaceGetAllocSize: foreign("u64", [object("IOSurface", "surface")]),
  IOSurfaceGetID: foreign("u32", [object("IOSurface", "surface")]),
  CFRelease: foreign("void", [{ ...object("IOSurface", "object"), ownership: "releases" }]),
} as const;

/** The keys of a surface's properties: data symbols of IOSurface.framework that hold a CFString. */
export const surfaceKeys = [
  "kIOSurfaceWidth",
  "kIOSurfaceHeight",
  "kIOSurfaceBytesPerElement",
  "kIOSurfaceBytesPerRow",
  "kIOSurfaceAllocSize",
  "kIOSurfacePixelFormat",
] as const;

const receiver = plain("object", "receiver");
const selector = plain("address", "selector");

/** A message: a function of the receiver, the selector, and the arguments between the colons. */
function message<const Returns extends ForeignReturn, const Parameters extends readonly ForeignParameter[]>(
  returns: Returns,
  parameters: Parameters,
  details: Pick<ForeignFunction, "source" | "note" | "optional" | "returned"> = {},
): {
  readonly returns: Returns;
  readonly parameters: readonly [typeof receiver, typeof selector, ...Parameters];
  readonly symbol: "objc_msgSend";
} & Pick<ForeignFunction, "source" | "note" | "optional" | "returned"> {
  return { returns, parameters: [receiver, selector, ...parameters], symbol: "objc_msgSend", ...details };
}

/** A message that returns an object that the caller does not own: its autorelease pool does, or what it was asked of. */
const gives = <const Parameters extends readonly ForeignParameter[]>(
  kind: string,
  parameters: Parameters,
  details: Pick<ForeignFunction, "source" | "note" | "optional"> = {},
) => message("object", parameters, { ...details, returned: { kind, ownership: "borrows" } });

const appendix = { source: "appendix" };
const sequence = { source: "appendix, A.1" };
const request = [
  object("NSArray", "inputs"),
  object("NSArray", "inputIndices"),
  object("NSArray", "outputs"),
  object("NSArray", "outputIndices"),
] as const;

/**
 * The messages, by the way that Objective-C writes a method. Rows whose class is `NSObject` can be sent to any object.
 * `optional` ones are asked for before they are sent: not every version of the framework has them.
 */
export const messageTable = {
  "-[NSObject isKindOfClass:]": message("bool", [object("Class", "class")]),
  "-[NSObject description]": gives("NSString", []),
  "+[NSObject instancesRespondToSelector:]": message("bool", [plain("address", "instanceSelector")]),
  "-[NSObject respondsToSelector:]": message("bool", [plain("address", "classSelector")]),

  "+[NSString stringWithUTF8String:]": gives("NSString", [{ name: "text", type: "string" }]),
  "-[NSString UTF8String]": message("string", []),

  "+[NSNumber numberWithLongLong:]": gives("NSNumber", [plain("i64", "value")]),
  "+[NSNumber numberWithBool:]": gives("NSNumber", [plain("bool", "value")]),
  "-[NSNumber longLongValue]": message("i64", []),
  "-[NSNumber objCType]": message("string", []),
  "-[NSNumber stringValue]": gives("NSString", []),

  "+[NSData dataWithBytes:length:]": gives("NSData", [bytes("bytes"), plain("u64", "length")]),
  "+[NSData dataWithBytesNoCopy:length:freeWhenDone:]": gives("NSData", [
    bytes("bytes"),
    plain("u64", "length"),
    plain("bool", "freeWhenDone"),
  ]),
  "-[NSData bytes]": message("address", []),
  "-[NSData length]": message("u64", []),

  "+[NSArray arrayWithObjects:count:]": gives("NSArray", [bytes("objects"), plain("u64", "count")]),
  "-[NSArray count]": message("u64", []),
  "-[NSArray objectAtIndex:]": gives("NSObject", [plain("u64", "index")]),

  "+[NSDictionary dictionaryWithObjects:forKeys:count:]": gives("NSDictionary", [
    bytes("objects"),
    bytes("keys"),
    plain("u64", "count"),
  ]),
  "-[NSDictionary allKeys]": gives("NSArray", []),
  "-[NSDictionary objectForKey:]": gives("NSObject", [object("NSObject", "key")]),

  "+[NSURL fileURLWithPath:]": gives("NSURL", [object("NSString", "path")]),

  "-[NSError domain]": gives("NSString", []),
  "-[NSError code]": message("i64", []),
  "-[NSError localizedDescription]": gives("NSString", []),

  "+[_ANEDeviceInfo hasANE]": message("bool", [], { source: "appendix, A.7" }),
  "+[_ANEDeviceInfo numANEs]": message("u32", [], { ...appendix, optional: true }),
  "+[_ANEDeviceInfo numANECores]": message("u32", [], { ...appendix, optional: true }),
  "+[_ANEDeviceInfo aneArchitectureType]": gives("NSObject", [], { ...appendix, optional: true }),
  "+[_ANEDeviceInfo aneSubType]": gives("NSObject", [], { ...appendix, optional: true }),
  "+[_ANEDeviceInfo productName]": gives("NSObject", [], { ...appendix, optional: true }),
  "+[_ANEDeviceInfo buildVersion]": gives("NSObject", [], { ...appendix, optional: true }),
  "+[_ANEDeviceInfo isVirtualMachine]": message("bool", [], { ...appendix, optional: true }),

  "+[_ANEInMemoryModelDescriptor modelWithMILText:weights:optionsPlist:]": gives(
    "_ANEInMemoryModelDescriptor",
    [
      disputed(
        object("NSData", "milText"),
        { reading: "NSData of UTF-8 text", source: "Orion #9, maderix" },
        { reading: "`id`, not said which class", source: "appendix" },
      ),
      disputed(
        object("NSDictionary", "weights"),
        { reading: "{path in BLOBFILE: {offset: 0, data: NSData}}, never nil", source: "maderix, Orion #11" },
        { reading: "{…: {file name below the folder: NSData}}", source: "decompiled saveModelFiles, A.2" },
      ),
      objectOrNil("NSData", "optionsPlist"),
    ],
    sequence,
  ),
  "+[_ANEInMemoryModelDescriptor modelWithNetworkDescription:weights:optionsPlist:]": gives(
    "_ANEInMemoryModelDescriptor",
    [object("NSData", "networkDescription"), object("NSDictionary", "weights"), objectOrNil("NSData", "optionsPlist")],
    { source: "appendix, ANEForge" },
  ),

  "+[_ANEInMemoryModel inMemoryModelWithDescriptor:]": gives(
    "_ANEInMemoryModel",
    [object("_ANEInMemoryModelDescriptor", "descriptor")],
    sequence,
  ),
  "-[_ANEInMemoryModel hexStringIdentifier]": gives("NSObject", [], sequence),
  "-[_ANEInMemoryModel localModelPath]": gives("NSObject", [], { source: "appendix, A.2" }),
  "-[_ANEInMemoryModel setModelURL:]": message(
    "void",
    [
      disputed(
        object("NSURL", "url"),
        { reading: "not called: the framework sets it when it has saved the model's files", source: "decompiled, A.2" },
        { reading: "the model's folder, before compiling: one build crashes without it", source: "A.2, one author" },
      ),
    ],
    { source: "appendix, A.2", optional: true },
  ),
  "-[_ANEInMemoryModel compiledModelExists]": message("bool", [], { ...sequence, optional: true }),
  "-[_ANEInMemoryModel compileWithQoS:options:error:]": message(
    "bool",
    [plain("u32", "qos"), object("NSDictionary", "options"), errorCell],
    sequence,
  ),
  "-[_ANEInMemoryModel loadWithQoS:options:error:]": message(
    "bool",
    [plain("u32", "qos"), object("NSDictionary", "options"), errorCell],
    sequence,
  ),
  "-[_ANEInMemoryModel modelAttributes]": gives("NSDictionary", [], { source: "appendix, A.4" }),
  "-[_ANEInMemoryModel mapIOSurfacesWithRequest:cacheInference:error:]": message(
    "bool",
    [object("_ANERequest", "request"), plain("bool", "cacheInference"), errorCell],
    { ...sequence, optional: true },
  ),
  "-[_ANEInMemoryModel unmapIOSurfacesWithRequest:]": message("void", [object("_ANERequest", "request")], {
    ...sequence,
    optional: true,
  }),
  "-[_ANEInMemoryModel evaluateWithQoS:options:request:error:]": message(
    "bool",
    [plain("u32", "qos"), object("NSDictionary", "options"), object("_ANERequest", "request"), errorCell],
    sequence,
  ),
  "-[_ANEInMemoryModel unloadWithQoS:error:]": message("bool", [plain("u32", "qos"), errorCell], sequence),

  "+[_ANEIOSurfaceObject objectWithIOSurface:]": gives(
    "_ANEIOSurfaceObject",
    [object("IOSurface", "surface")],
    sequence,
  ),
  "+[_ANERequest requestWithInputs:inputIndices:outputs:outputIndices:procedureIndex:]": gives(
    "_ANERequest",
    [...request, object("NSNumber", "procedureIndex")],
    {
      source: "appendix; what ANEForge runs (aneforge.md 4.3)",
      note: "all arguments in registers; one of the two factories is needed",
      optional: true,
    },
  ),
  "+[_ANERequest requestWithInputs:inputIndices:outputs:outputIndices:weightsBuffer:perfStats:procedureIndex:]": gives(
    "_ANERequest",
    [
      ...request,
      objectOrNil("_ANEIOSurfaceObject", "weightsBuffer"),
      disputed(
        objectOrNil("NSArray", "perfStats"),
        { reading: "NSArray or nil", source: "A.1" },
        { reading: "_ANEPerformanceStats (the property of that name)", source: "appendix" },
      ),
      object("NSNumber", "procedureIndex"),
    ],
    { ...sequence, optional: true },
  ),
  "-[_ANERequest validate]": message("bool", [], { source: "appendix, A.4", optional: true }),
} as const;

export type MessageTable = typeof messageTable;
export type MessageName = keyof MessageTable;

/** `-[Class selector:]` in its parts. */
export function messageParts(name: string): {
  readonly isClassMethod: boolean;
  readonly className: string;
  readonly selector: string;
} {
  const [, sign, className, selectorName] = /^([+-])\[(\S+) (\S+)\]$/.exec(name) ?? [];
  if (className === undefined || selectorName === undefined) throw new Error(`'${name}' is not written like a method`);
  return { isClassMethod: sign === "+", className, selector: selectorName };
}
