/*
 * The text of MIL programs (`model.mil`), as Apple's Core ML compiler writes it and its engine's compiler reads it. Two
 * spellings share this grammar: programs of version 1.0 write scalars as tensors without sizes, those of 1.3 as they are.
 * What a literal may be depends on its type, which is not said here: literals.ts checks that.
 *
 * Every choice is made by the next token, or by the next two where a name may be the name of a type, so that reading is
 * linear. `generated/` holds what antlr-ng makes of this file: `npm run grammar:mil` makes it anew.
 */
grammar Mil;

program: 'program' '(' NUMBER ')' attributes* '{' function* '}' EOF;

function: 'func' name '<' name '>' '(' parameters? ')' attributes* block ';'?;
parameters: parameter (',' parameter)*;
parameter: type name;

/** Only nested blocks have parameters. Attributes of a block are known from the binary form; no text with them was seen. */
block: '{' operation* '}' '->' '(' (name (',' name)*)? ')' attributes?;
nestedBlock: ('(' parameters? ')')? block;

/** Without results: `write_state(data = y, input = cache);` */
operation: (parameters '=')? name '(' (argument (',' argument)*)? ')' attributes? nestedBlock* ';';
argument: name '=' (binding | '(' (binding (',' binding)*)? ')');
binding: name | value;

attributes: '[' attribute (',' attribute)* ']';
attribute: name '=' value;

// --------------------------------------------------------------------------------------------------------- types

type
    : ELEMENT
    | 'tensor' '<' ELEMENT ',' dimensions '>'
    | 'list' '<' type ',' dimension '>'
    | 'dict' '<' type ',' type '>'
    | 'tuple' '<' (type (',' type)*)? '>'
    | 'state' '<' type '>'
    | pixelBuffer
    ;
dimensions: FLAT_LIST | '[' (dimension (',' dimension)*)? ']';
dimension: NUMBER | '?';

/** What stands between the brackets was never seen in a public file; the reader refuses such types by name. */
pixelBuffer: 'pixel_buffer' '<' pixelBufferPart* '>';
pixelBufferPart: type | name | NUMBER | STRING | FLAT_LIST | '?' | ',' | '=' | '[' pixelBufferPart* ']' | '(' pixelBufferPart* ')';

// -------------------------------------------------------------------------------------------------------- values

value: type '(' (blob | literal)? ')';
blob: 'BLOBFILE' '(' 'path' '=' value ',' 'offset' '=' value ')';
literal
    : STRING
    | NUMBER | 'inf' | 'nan'
    | 'true' | 'false'
    | FLAT_LIST
    | '[' (literal (',' literal)*)? ']'
    | '(' (literal (',' literal)*)? ')'
    | '{' (entry (',' entry)*)? '}'
    | value
    ;
entry: '{' literal ',' literal '}';

/** No word is reserved: each may be the name of a value or of an argument. */
name
    : NAME | ELEMENT | 'BLOBFILE' | 'dict' | 'false' | 'func' | 'inf' | 'list' | 'nan' | 'offset' | 'path' | 'pixel_buffer'
    | 'program' | 'state' | 'tensor' | 'true' | 'tuple'
    ;

// -------------------------------------------------------------------------------------------------------- tokens

ELEMENT
    : 'string' | 'bool' | 'fp16' | 'fp32' | 'fp64' | 'bf16' | 'fp8e4m3fn' | 'fp8e5m2'
    | 'int4' | 'int8' | 'int16' | 'int32' | 'int64'
    | 'uint1' | 'uint2' | 'uint3' | 'uint4' | 'uint6' | 'uint8' | 'uint16' | 'uint32' | 'uint64'
    ;
NAME: [A-Za-z_] [A-Za-z0-9_@]*;
NUMBER: '-'? (DIGITS | DECIMAL | HEXADECIMAL | 'inf' | 'nan');
/** One token, because a program may consist of such lists for the greatest part. */
FLAT_LIST: '[' GAP PLAIN GAP (',' GAP PLAIN GAP)* ']';
STRING: '"' (~["\\\r\n] | '\\' ~[\r\n])* '"';

BLANKS: [ \t\r\n]+ -> skip;
COMMENT: '//' ~[\n]* -> skip;

/** So that every text has tokens, and what is wrong is said by the parser, which knows what it expected. */
OPEN_STRING: '"' (~["\\\r\n] | '\\' ~[\r\n])*;
STRAY: .;

fragment GAP: [ \t\r\n]*;
fragment PLAIN: NUMBER | 'true' | 'false';
fragment DIGITS: [0-9]+;
fragment DECIMAL: ([0-9]+ '.' [0-9]* | '.' [0-9]+) EXPONENT? | [0-9]+ EXPONENT;
fragment EXPONENT: [eE] [+-]? [0-9]+;
fragment HEXADECIMAL: '0' [xX] ([0-9A-Fa-f]+ ('.' [0-9A-Fa-f]*)? | '.' [0-9A-Fa-f]+) ([pP] [+-]? [0-9]+)?;
