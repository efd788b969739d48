/*
 * The published grammar of the generic form of IR text, as ANTLR reads it: what every tool that writes IR may write, and
 * what every tool that reads IR has to read. It says nothing of meaning: that a value is defined, that types agree, that a
 * word names a type. The reader in ir/parser/ is written by hand for speed; grammar.test.ts checks that both read the
 * same operations from the same text.
 */
grammar Ir;

file: (operation | attributeAlias | typeAlias | resources)* EOF;

attributeAlias: HASH '=' attribute;
typeAlias: TYPE_NAME '=' type;

// ---------------------------------------------------------------------------------------------------- operations

operation: (result (',' result)* '=')? STRING '(' operands? ')' successors? properties? regions? dictionary?
    ':' '(' types? ')' '->' resultTypes trailingLocation?;
result: VALUE (':' integer)?;
operands: operand (',' operand)*;
operand: VALUE HASH?;
successors: '[' (BLOCK (',' BLOCK)*)? ']';
properties: '<' dictionary '>';
regions: '(' (region (',' region)*)? ')';
region: '{' operation* block* '}';
block: BLOCK ('(' (blockArgument (',' blockArgument)*)? ')')? ':' operation*;
blockArgument: VALUE ':' type trailingLocation?;
resultTypes: '(' types? ')' | nonFunctionType;
trailingLocation: 'loc' '(' location ')';

// --------------------------------------------------------------------------------------------------------- types

types: type (',' type)*;
type: nonFunctionType | '(' types? ')' '->' resultTypes;
nonFunctionType
    : WORD
    | SHAPED type (',' attribute)* '>'
    | 'complex' '<' type '>'
    | 'tuple' '<' types? '>'
    | TYPE_NAME
    | TYPE_SYMBOL
    ;

// ---------------------------------------------------------------------------------------------------- attributes

attribute
    : STRING (':' type)?
    | number (':' type)?
    | '[' (attribute (',' attribute)*)? ']'
    | dictionary
    | symbolReference
    | HASH
    | ATTRIBUTE_SYMBOL
    | 'true' | 'false' | 'unit'
    | 'loc' '(' location ')'
    | 'affine_map' '<' affineMap '>'
    | 'affine_set' '<' affineSet '>'
    | 'array' '<' type (':' element (',' element)*)? '>'
    | 'dense' '<' elements? '>' ':' type
    | 'dense_resource' '<' (STRING | word) '>' ':' type
    | 'distinct' '[' integer ']' '<' attribute? '>'
    | SPARSE ':' type
    | 'strided' '<' '[' (stride (',' stride)*)? ']' (',' 'offset' ':' stride)? '>'
    | type
    ;
dictionary: '{' (entry (',' entry)*)? '}';
entry: (STRING | word) ('=' attribute)?;
symbolReference: SYMBOL ('::' SYMBOL)*;
stride: '?' | number;
elements: element | '[' (elements (',' elements)*)? ']' | STRING;
element: number | 'true' | 'false';
number: '-'? (INTEGER | HEXADECIMAL | FLOAT);
integer: INTEGER | HEXADECIMAL;

location
    : 'unknown'
    | HASH
    | STRING (':' integer ':' integer ('to' (integer? ':' integer))? | '(' location ')')?
    | 'callsite' '(' location 'at' location ')'
    | 'fused' ('<' attribute '>')? '[' (location (',' location)*)? ']'
    ;

affineMap: '(' words? ')' ('[' words? ']')? '->' '(' (affine (',' affine)*)? ')';
affineSet: '(' words? ')' ('[' words? ']')? ':' '(' (constraint (',' constraint)*)? ')';
constraint: affine ('==' | '>=' | '<=') affine;
words: word (',' word)*;
affine: product (('+' | '-') product)*;
product: factor (('*' | 'mod' | 'floordiv' | 'ceildiv') factor)*;
factor: word | integer | '-' factor | '(' affine ')';

// ----------------------------------------------------------------------------------------------------- resources

resources: '{-#' (resource (',' resource)*)? '#-}';
resource: (STRING | word) ':' (STRING | word | '{' (resource (',' resource)*)? '}');

/** No word is reserved: each may be the name of an attribute or of a dimension. */
word
    : WORD | 'affine_map' | 'affine_set' | 'array' | 'at' | 'callsite' | 'ceildiv' | 'complex' | 'dense' | 'dense_resource' | 'distinct'
    | 'false' | 'floordiv' | 'fused' | 'loc' | 'mod' | 'offset' | 'strided' | 'to' | 'true' | 'tuple' | 'unit' | 'unknown'
    ;

// -------------------------------------------------------------------------------------------------------- tokens

BLANKS: [ \t\r\n]+ -> skip;
COMMENT: '//' ~[\n]* -> skip;

/** Up to and with the sizes, since `4x8xf32` alone would be the number 4 and a word. */
SHAPED: ('tensor' | 'memref' | 'vector') GAP '<' GAP (SIZE GAP 'x' GAP)*;
SPARSE: 'sparse' GAP BODY;
/** A type or attribute of a dialect: `!llvm.ptr`, `!foo.bar<…>`, `#foo<…>`. Without a dot or body it is an alias. */
TYPE_SYMBOL: '!' LETTER (LETTER | DIGIT | [$-])* ('.' (LETTER | DIGIT | [$.-])* BODY? | BODY);
ATTRIBUTE_SYMBOL: '#' LETTER (LETTER | DIGIT | [$-])* ('.' (LETTER | DIGIT | [$.-])* BODY? | BODY);
TYPE_NAME: '!' SUFFIX;
HASH: '#' SUFFIX;
VALUE: '%' SUFFIX;
BLOCK: '^' SUFFIX;
SYMBOL: '@' (SUFFIX | STRING);
STRING: '"' (~["\\\n] | '\\' (["\\nt] | HEX HEX))* '"';
HEXADECIMAL: '0x' HEX+;
FLOAT: DIGIT+ '.' DIGIT* ([eE] [+-]? DIGIT+)?;
INTEGER: DIGIT+;
WORD: LETTER (LETTER | DIGIT | [$.])*;

fragment GAP: [ \t\r\n]*;
fragment SIZE: DIGIT+ | '?' | '*' | '[' GAP DIGIT+ GAP ']';
fragment SUFFIX: DIGIT+ | (LETTER | [$.-]) (LETTER | DIGIT | [$.-])*;
fragment LETTER: [A-Za-z_];
fragment DIGIT: [0-9];
fragment HEX: [0-9A-Fa-f];
/** Balanced brackets; an arrow closes none, nor does what stands in a string. */
fragment BODY: '<' ITEM* '>';
fragment ITEM
    : '-'* (STRING | BODY | '(' ITEM* '-'* ')' | '[' ITEM* '-'* ']' | '{' ITEM* '-'* '}' | ~[<>()[\]{}"-])
    | '-'* '->'
    ;
