
import * as antlr from "antlr4ng";
import { Token } from "antlr4ng";

// for running tests with parameters, TODO: discuss strategy for typed parameters in CI
// eslint-disable-next-line no-unused-vars
type int = number;


export class MilParser extends antlr.Parser {
    public static readonly T__0 = 1;
    public static readonly T__1 = 2;
    public static readonly T__2 = 3;
    public static readonly T__3 = 4;
    public static readonly T__4 = 5;
    public static readonly T__5 = 6;
    public static readonly T__6 = 7;
    public static readonly T__7 = 8;
    public static readonly T__8 = 9;
    public static readonly T__9 = 10;
    public static readonly T__10 = 11;
    public static readonly T__11 = 12;
    public static readonly T__12 = 13;
    public static readonly T__13 = 14;
    public static readonly T__14 = 15;
    public static readonly T__15 = 16;
    public static readonly T__16 = 17;
    public static readonly T__17 = 18;
    public static readonly T__18 = 19;
    public static readonly T__19 = 20;
    public static readonly T__20 = 21;
    public static readonly T__21 = 22;
    public static readonly T__22 = 23;
    public static readonly T__23 = 24;
    public static readonly T__24 = 25;
    public static readonly T__25 = 26;
    public static readonly T__26 = 27;
    public static readonly T__27 = 28;
    public static readonly ELEMENT = 29;
    public static readonly NAME = 30;
    public static readonly NUMBER = 31;
    public static readonly FLAT_LIST = 32;
    public static readonly STRING = 33;
    public static readonly BLANKS = 34;
    public static readonly COMMENT = 35;
    public static readonly OPEN_STRING = 36;
    public static readonly STRAY = 37;
    public static readonly RULE_program = 0;
    public static readonly RULE_function = 1;
    public static readonly RULE_parameters = 2;
    public static readonly RULE_parameter = 3;
    public static readonly RULE_block = 4;
    public static readonly RULE_nestedBlock = 5;
    public static readonly RULE_operation = 6;
    public static readonly RULE_argument = 7;
    public static readonly RULE_binding = 8;
    public static readonly RULE_attributes = 9;
    public static readonly RULE_attribute = 10;
    public static readonly RULE_type = 11;
    public static readonly RULE_dimensions = 12;
    public static readonly RULE_dimension = 13;
    public static readonly RULE_pixelBuffer = 14;
    public static readonly RULE_pixelBufferPart = 15;
    public static readonly RULE_value = 16;
    public static readonly RULE_blob = 17;
    public static readonly RULE_literal = 18;
    public static readonly RULE_entry = 19;
    public static readonly RULE_name = 20;

    public static readonly literalNames = [
        null, "'program'", "'('", "')'", "'{'", "'}'", "'func'", "'<'", 
        "'>'", "';'", "','", "'->'", "'='", "'['", "']'", "'tensor'", "'list'", 
        "'dict'", "'tuple'", "'state'", "'?'", "'pixel_buffer'", "'BLOBFILE'", 
        "'path'", "'offset'", "'inf'", "'nan'", "'true'", "'false'"
    ];

    public static readonly symbolicNames = [
        null, null, null, null, null, null, null, null, null, null, null, 
        null, null, null, null, null, null, null, null, null, null, null, 
        null, null, null, null, null, null, null, "ELEMENT", "NAME", "NUMBER", 
        "FLAT_LIST", "STRING", "BLANKS", "COMMENT", "OPEN_STRING", "STRAY"
    ];
    public static readonly ruleNames = [
        "program", "function", "parameters", "parameter", "block", "nestedBlock", 
        "operation", "argument", "binding", "attributes", "attribute", "type", 
        "dimensions", "dimension", "pixelBuffer", "pixelBufferPart", "value", 
        "blob", "literal", "entry", "name",
    ];

    public get grammarFileName(): string { return "Mil.g4"; }
    public get literalNames(): (string | null)[] { return MilParser.literalNames; }
    public get symbolicNames(): (string | null)[] { return MilParser.symbolicNames; }
    public get ruleNames(): string[] { return MilParser.ruleNames; }
    public get serializedATN(): number[] { return MilParser._serializedATN; }

    protected createFailedPredicateException(predicate?: string, message?: string): antlr.FailedPredicateException {
        return new antlr.FailedPredicateException(this, predicate, message);
    }

    public constructor(input: antlr.TokenStream) {
        super(input);
        this.interpreter = new antlr.ParserATNSimulator(this, MilParser._ATN, MilParser.decisionsToDFA, new antlr.PredictionContextCache());
    }
    public program(): ProgramContext {
        let localContext = new ProgramContext(this.context, this.state);
        this.enterRule(localContext, 0, MilParser.RULE_program);
        let _la: number;
        try {
            this.enterOuterAlt(localContext, 1);
            {
            this.state = 42;
            this.match(MilParser.T__0);
            this.state = 43;
            this.match(MilParser.T__1);
            this.state = 44;
            this.match(MilParser.NUMBER);
            this.state = 45;
            this.match(MilParser.T__2);
            this.state = 49;
            this.errorHandler.sync(this);
            _la = this.tokenStream.LA(1);
            while (_la === 13) {
                {
                {
                this.state = 46;
                this.attributes();
                }
                }
                this.state = 51;
                this.errorHandler.sync(this);
                _la = this.tokenStream.LA(1);
            }
            this.state = 52;
            this.match(MilParser.T__3);
            this.state = 56;
            this.errorHandler.sync(this);
            _la = this.tokenStream.LA(1);
            while (_la === 6) {
                {
                {
                this.state = 53;
                this.function_();
                }
                }
                this.state = 58;
                this.errorHandler.sync(this);
                _la = this.tokenStream.LA(1);
            }
            this.state = 59;
            this.match(MilParser.T__4);
            this.state = 60;
            this.match(MilParser.EOF);
            }
        }
        catch (re) {
            if (re instanceof antlr.RecognitionException) {
                this.errorHandler.reportError(this, re);
                this.errorHandler.recover(this, re);
            } else {
                throw re;
            }
        }
        finally {
            this.exitRule();
        }
        return localContext;
    }
    public function_(): FunctionContext {
        let localContext = new FunctionContext(this.context, this.state);
        this.enterRule(localContext, 2, MilParser.RULE_function);
        let _la: number;
        try {
            this.enterOuterAlt(localContext, 1);
            {
            this.state = 62;
            this.match(MilParser.T__5);
            this.state = 63;
            this.name();
            this.state = 64;
            this.match(MilParser.T__6);
            this.state = 65;
            this.name();
            this.state = 66;
            this.match(MilParser.T__7);
            this.state = 67;
            this.match(MilParser.T__1);
            this.state = 69;
            this.errorHandler.sync(this);
            _la = this.tokenStream.LA(1);
            if ((((_la) & ~0x1F) === 0 && ((1 << _la) & 539983872) !== 0)) {
                {
                this.state = 68;
                this.parameters();
                }
            }

            this.state = 71;
            this.match(MilParser.T__2);
            this.state = 75;
            this.errorHandler.sync(this);
            _la = this.tokenStream.LA(1);
            while (_la === 13) {
                {
                {
                this.state = 72;
                this.attributes();
                }
                }
                this.state = 77;
                this.errorHandler.sync(this);
                _la = this.tokenStream.LA(1);
            }
            this.state = 78;
            this.block();
            this.state = 80;
            this.errorHandler.sync(this);
            _la = this.tokenStream.LA(1);
            if (_la === 9) {
                {
                this.state = 79;
                this.match(MilParser.T__8);
                }
            }

            }
        }
        catch (re) {
            if (re instanceof antlr.RecognitionException) {
                this.errorHandler.reportError(this, re);
                this.errorHandler.recover(this, re);
            } else {
                throw re;
            }
        }
        finally {
            this.exitRule();
        }
        return localContext;
    }
    public parameters(): ParametersContext {
        let localContext = new ParametersContext(this.context, this.state);
        this.enterRule(localContext, 4, MilParser.RULE_parameters);
        let _la: number;
        try {
            this.enterOuterAlt(localContext, 1);
            {
            this.state = 82;
            this.parameter();
            this.state = 87;
            this.errorHandler.sync(this);
            _la = this.tokenStream.LA(1);
            while (_la === 10) {
                {
                {
                this.state = 83;
                this.match(MilParser.T__9);
                this.state = 84;
                this.parameter();
                }
                }
                this.state = 89;
                this.errorHandler.sync(this);
                _la = this.tokenStream.LA(1);
            }
            }
        }
        catch (re) {
            if (re instanceof antlr.RecognitionException) {
                this.errorHandler.reportError(this, re);
                this.errorHandler.recover(this, re);
            } else {
                throw re;
            }
        }
        finally {
            this.exitRule();
        }
        return localContext;
    }
    public parameter(): ParameterContext {
        let localContext = new ParameterContext(this.context, this.state);
        this.enterRule(localContext, 6, MilParser.RULE_parameter);
        try {
            this.enterOuterAlt(localContext, 1);
            {
            this.state = 90;
            this.type_();
            this.state = 91;
            this.name();
            }
        }
        catch (re) {
            if (re instanceof antlr.RecognitionException) {
                this.errorHandler.reportError(this, re);
                this.errorHandler.recover(this, re);
            } else {
                throw re;
            }
        }
        finally {
            this.exitRule();
        }
        return localContext;
    }
    public block(): BlockContext {
        let localContext = new BlockContext(this.context, this.state);
        this.enterRule(localContext, 8, MilParser.RULE_block);
        let _la: number;
        try {
            this.enterOuterAlt(localContext, 1);
            {
            this.state = 93;
            this.match(MilParser.T__3);
            this.state = 97;
            this.errorHandler.sync(this);
            _la = this.tokenStream.LA(1);
            while ((((_la) & ~0x1F) === 0 && ((1 << _la) & 2146402370) !== 0)) {
                {
                {
                this.state = 94;
                this.operation();
                }
                }
                this.state = 99;
                this.errorHandler.sync(this);
                _la = this.tokenStream.LA(1);
            }
            this.state = 100;
            this.match(MilParser.T__4);
            this.state = 101;
            this.match(MilParser.T__10);
            this.state = 102;
            this.match(MilParser.T__1);
            this.state = 111;
            this.errorHandler.sync(this);
            _la = this.tokenStream.LA(1);
            if ((((_la) & ~0x1F) === 0 && ((1 << _la) & 2146402370) !== 0)) {
                {
                this.state = 103;
                this.name();
                this.state = 108;
                this.errorHandler.sync(this);
                _la = this.tokenStream.LA(1);
                while (_la === 10) {
                    {
                    {
                    this.state = 104;
                    this.match(MilParser.T__9);
                    this.state = 105;
                    this.name();
                    }
                    }
                    this.state = 110;
                    this.errorHandler.sync(this);
                    _la = this.tokenStream.LA(1);
                }
                }
            }

            this.state = 113;
            this.match(MilParser.T__2);
            this.state = 115;
            this.errorHandler.sync(this);
            _la = this.tokenStream.LA(1);
            if (_la === 13) {
                {
                this.state = 114;
                this.attributes();
                }
            }

            }
        }
        catch (re) {
            if (re instanceof antlr.RecognitionException) {
                this.errorHandler.reportError(this, re);
                this.errorHandler.recover(this, re);
            } else {
                throw re;
            }
        }
        finally {
            this.exitRule();
        }
        return localContext;
    }
    public nestedBlock(): NestedBlockContext {
        let localContext = new NestedBlockContext(this.context, this.state);
        this.enterRule(localContext, 10, MilParser.RULE_nestedBlock);
        let _la: number;
        try {
            this.enterOuterAlt(localContext, 1);
            {
            this.state = 122;
            this.errorHandler.sync(this);
            _la = this.tokenStream.LA(1);
            if (_la === 2) {
                {
                this.state = 117;
                this.match(MilParser.T__1);
                this.state = 119;
                this.errorHandler.sync(this);
                _la = this.tokenStream.LA(1);
                if ((((_la) & ~0x1F) === 0 && ((1 << _la) & 539983872) !== 0)) {
                    {
                    this.state = 118;
                    this.parameters();
                    }
                }

                this.state = 121;
                this.match(MilParser.T__2);
                }
            }

            this.state = 124;
            this.block();
            }
        }
        catch (re) {
            if (re instanceof antlr.RecognitionException) {
                this.errorHandler.reportError(this, re);
                this.errorHandler.recover(this, re);
            } else {
                throw re;
            }
        }
        finally {
            this.exitRule();
        }
        return localContext;
    }
    public operation(): OperationContext {
        let localContext = new OperationContext(this.context, this.state);
        this.enterRule(localContext, 12, MilParser.RULE_operation);
        let _la: number;
        try {
            this.enterOuterAlt(localContext, 1);
            {
            this.state = 129;
            this.errorHandler.sync(this);
            switch (this.interpreter.adaptivePredict(this.tokenStream, 12, this.context) ) {
            case 1:
                {
                this.state = 126;
                this.parameters();
                this.state = 127;
                this.match(MilParser.T__11);
                }
                break;
            }
            this.state = 131;
            this.name();
            this.state = 132;
            this.match(MilParser.T__1);
            this.state = 141;
            this.errorHandler.sync(this);
            _la = this.tokenStream.LA(1);
            if ((((_la) & ~0x1F) === 0 && ((1 << _la) & 2146402370) !== 0)) {
                {
                this.state = 133;
                this.argument();
                this.state = 138;
                this.errorHandler.sync(this);
                _la = this.tokenStream.LA(1);
                while (_la === 10) {
                    {
                    {
                    this.state = 134;
                    this.match(MilParser.T__9);
                    this.state = 135;
                    this.argument();
                    }
                    }
                    this.state = 140;
                    this.errorHandler.sync(this);
                    _la = this.tokenStream.LA(1);
                }
                }
            }

            this.state = 143;
            this.match(MilParser.T__2);
            this.state = 145;
            this.errorHandler.sync(this);
            _la = this.tokenStream.LA(1);
            if (_la === 13) {
                {
                this.state = 144;
                this.attributes();
                }
            }

            this.state = 150;
            this.errorHandler.sync(this);
            _la = this.tokenStream.LA(1);
            while (_la === 2 || _la === 4) {
                {
                {
                this.state = 147;
                this.nestedBlock();
                }
                }
                this.state = 152;
                this.errorHandler.sync(this);
                _la = this.tokenStream.LA(1);
            }
            this.state = 153;
            this.match(MilParser.T__8);
            }
        }
        catch (re) {
            if (re instanceof antlr.RecognitionException) {
                this.errorHandler.reportError(this, re);
                this.errorHandler.recover(this, re);
            } else {
                throw re;
            }
        }
        finally {
            this.exitRule();
        }
        return localContext;
    }
    public argument(): ArgumentContext {
        let localContext = new ArgumentContext(this.context, this.state);
        this.enterRule(localContext, 14, MilParser.RULE_argument);
        let _la: number;
        try {
            this.enterOuterAlt(localContext, 1);
            {
            this.state = 155;
            this.name();
            this.state = 156;
            this.match(MilParser.T__11);
            this.state = 170;
            this.errorHandler.sync(this);
            switch (this.tokenStream.LA(1)) {
            case MilParser.T__0:
            case MilParser.T__5:
            case MilParser.T__14:
            case MilParser.T__15:
            case MilParser.T__16:
            case MilParser.T__17:
            case MilParser.T__18:
            case MilParser.T__20:
            case MilParser.T__21:
            case MilParser.T__22:
            case MilParser.T__23:
            case MilParser.T__24:
            case MilParser.T__25:
            case MilParser.T__26:
            case MilParser.T__27:
            case MilParser.ELEMENT:
            case MilParser.NAME:
                {
                this.state = 157;
                this.binding();
                }
                break;
            case MilParser.T__1:
                {
                this.state = 158;
                this.match(MilParser.T__1);
                this.state = 167;
                this.errorHandler.sync(this);
                _la = this.tokenStream.LA(1);
                if ((((_la) & ~0x1F) === 0 && ((1 << _la) & 2146402370) !== 0)) {
                    {
                    this.state = 159;
                    this.binding();
                    this.state = 164;
                    this.errorHandler.sync(this);
                    _la = this.tokenStream.LA(1);
                    while (_la === 10) {
                        {
                        {
                        this.state = 160;
                        this.match(MilParser.T__9);
                        this.state = 161;
                        this.binding();
                        }
                        }
                        this.state = 166;
                        this.errorHandler.sync(this);
                        _la = this.tokenStream.LA(1);
                    }
                    }
                }

                this.state = 169;
                this.match(MilParser.T__2);
                }
                break;
            default:
                throw new antlr.NoViableAltException(this);
            }
            }
        }
        catch (re) {
            if (re instanceof antlr.RecognitionException) {
                this.errorHandler.reportError(this, re);
                this.errorHandler.recover(this, re);
            } else {
                throw re;
            }
        }
        finally {
            this.exitRule();
        }
        return localContext;
    }
    public binding(): BindingContext {
        let localContext = new BindingContext(this.context, this.state);
        this.enterRule(localContext, 16, MilParser.RULE_binding);
        try {
            this.state = 174;
            this.errorHandler.sync(this);
            switch (this.interpreter.adaptivePredict(this.tokenStream, 20, this.context) ) {
            case 1:
                this.enterOuterAlt(localContext, 1);
                {
                this.state = 172;
                this.name();
                }
                break;
            case 2:
                this.enterOuterAlt(localContext, 2);
                {
                this.state = 173;
                this.value();
                }
                break;
            }
        }
        catch (re) {
            if (re instanceof antlr.RecognitionException) {
                this.errorHandler.reportError(this, re);
                this.errorHandler.recover(this, re);
            } else {
                throw re;
            }
        }
        finally {
            this.exitRule();
        }
        return localContext;
    }
    public attributes(): AttributesContext {
        let localContext = new AttributesContext(this.context, this.state);
        this.enterRule(localContext, 18, MilParser.RULE_attributes);
        let _la: number;
        try {
            this.enterOuterAlt(localContext, 1);
            {
            this.state = 176;
            this.match(MilParser.T__12);
            this.state = 177;
            this.attribute();
            this.state = 182;
            this.errorHandler.sync(this);
            _la = this.tokenStream.LA(1);
            while (_la === 10) {
                {
                {
                this.state = 178;
                this.match(MilParser.T__9);
                this.state = 179;
                this.attribute();
                }
                }
                this.state = 184;
                this.errorHandler.sync(this);
                _la = this.tokenStream.LA(1);
            }
            this.state = 185;
            this.match(MilParser.T__13);
            }
        }
        catch (re) {
            if (re instanceof antlr.RecognitionException) {
                this.errorHandler.reportError(this, re);
                this.errorHandler.recover(this, re);
            } else {
                throw re;
            }
        }
        finally {
            this.exitRule();
        }
        return localContext;
    }
    public attribute(): AttributeContext {
        let localContext = new AttributeContext(this.context, this.state);
        this.enterRule(localContext, 20, MilParser.RULE_attribute);
        try {
            this.enterOuterAlt(localContext, 1);
            {
            this.state = 187;
            this.name();
            this.state = 188;
            this.match(MilParser.T__11);
            this.state = 189;
            this.value();
            }
        }
        catch (re) {
            if (re instanceof antlr.RecognitionException) {
                this.errorHandler.reportError(this, re);
                this.errorHandler.recover(this, re);
            } else {
                throw re;
            }
        }
        finally {
            this.exitRule();
        }
        return localContext;
    }
    public type_(): TypeContext {
        let localContext = new TypeContext(this.context, this.state);
        this.enterRule(localContext, 22, MilParser.RULE_type);
        let _la: number;
        try {
            this.state = 232;
            this.errorHandler.sync(this);
            switch (this.tokenStream.LA(1)) {
            case MilParser.ELEMENT:
                this.enterOuterAlt(localContext, 1);
                {
                this.state = 191;
                this.match(MilParser.ELEMENT);
                }
                break;
            case MilParser.T__14:
                this.enterOuterAlt(localContext, 2);
                {
                this.state = 192;
                this.match(MilParser.T__14);
                this.state = 193;
                this.match(MilParser.T__6);
                this.state = 194;
                this.match(MilParser.ELEMENT);
                this.state = 195;
                this.match(MilParser.T__9);
                this.state = 196;
                this.dimensions();
                this.state = 197;
                this.match(MilParser.T__7);
                }
                break;
            case MilParser.T__15:
                this.enterOuterAlt(localContext, 3);
                {
                this.state = 199;
                this.match(MilParser.T__15);
                this.state = 200;
                this.match(MilParser.T__6);
                this.state = 201;
                this.type_();
                this.state = 202;
                this.match(MilParser.T__9);
                this.state = 203;
                this.dimension();
                this.state = 204;
                this.match(MilParser.T__7);
                }
                break;
            case MilParser.T__16:
                this.enterOuterAlt(localContext, 4);
                {
                this.state = 206;
                this.match(MilParser.T__16);
                this.state = 207;
                this.match(MilParser.T__6);
                this.state = 208;
                this.type_();
                this.state = 209;
                this.match(MilParser.T__9);
                this.state = 210;
                this.type_();
                this.state = 211;
                this.match(MilParser.T__7);
                }
                break;
            case MilParser.T__17:
                this.enterOuterAlt(localContext, 5);
                {
                this.state = 213;
                this.match(MilParser.T__17);
                this.state = 214;
                this.match(MilParser.T__6);
                this.state = 223;
                this.errorHandler.sync(this);
                _la = this.tokenStream.LA(1);
                if ((((_la) & ~0x1F) === 0 && ((1 << _la) & 539983872) !== 0)) {
                    {
                    this.state = 215;
                    this.type_();
                    this.state = 220;
                    this.errorHandler.sync(this);
                    _la = this.tokenStream.LA(1);
                    while (_la === 10) {
                        {
                        {
                        this.state = 216;
                        this.match(MilParser.T__9);
                        this.state = 217;
                        this.type_();
                        }
                        }
                        this.state = 222;
                        this.errorHandler.sync(this);
                        _la = this.tokenStream.LA(1);
                    }
                    }
                }

                this.state = 225;
                this.match(MilParser.T__7);
                }
                break;
            case MilParser.T__18:
                this.enterOuterAlt(localContext, 6);
                {
                this.state = 226;
                this.match(MilParser.T__18);
                this.state = 227;
                this.match(MilParser.T__6);
                this.state = 228;
                this.type_();
                this.state = 229;
                this.match(MilParser.T__7);
                }
                break;
            case MilParser.T__20:
                this.enterOuterAlt(localContext, 7);
                {
                this.state = 231;
                this.pixelBuffer();
                }
                break;
            default:
                throw new antlr.NoViableAltException(this);
            }
        }
        catch (re) {
            if (re instanceof antlr.RecognitionException) {
                this.errorHandler.reportError(this, re);
                this.errorHandler.recover(this, re);
            } else {
                throw re;
            }
        }
        finally {
            this.exitRule();
        }
        return localContext;
    }
    public dimensions(): DimensionsContext {
        let localContext = new DimensionsContext(this.context, this.state);
        this.enterRule(localContext, 24, MilParser.RULE_dimensions);
        let _la: number;
        try {
            this.state = 247;
            this.errorHandler.sync(this);
            switch (this.tokenStream.LA(1)) {
            case MilParser.FLAT_LIST:
                this.enterOuterAlt(localContext, 1);
                {
                this.state = 234;
                this.match(MilParser.FLAT_LIST);
                }
                break;
            case MilParser.T__12:
                this.enterOuterAlt(localContext, 2);
                {
                this.state = 235;
                this.match(MilParser.T__12);
                this.state = 244;
                this.errorHandler.sync(this);
                _la = this.tokenStream.LA(1);
                if (_la === 20 || _la === 31) {
                    {
                    this.state = 236;
                    this.dimension();
                    this.state = 241;
                    this.errorHandler.sync(this);
                    _la = this.tokenStream.LA(1);
                    while (_la === 10) {
                        {
                        {
                        this.state = 237;
                        this.match(MilParser.T__9);
                        this.state = 238;
                        this.dimension();
                        }
                        }
                        this.state = 243;
                        this.errorHandler.sync(this);
                        _la = this.tokenStream.LA(1);
                    }
                    }
                }

                this.state = 246;
                this.match(MilParser.T__13);
                }
                break;
            default:
                throw new antlr.NoViableAltException(this);
            }
        }
        catch (re) {
            if (re instanceof antlr.RecognitionException) {
                this.errorHandler.reportError(this, re);
                this.errorHandler.recover(this, re);
            } else {
                throw re;
            }
        }
        finally {
            this.exitRule();
        }
        return localContext;
    }
    public dimension(): DimensionContext {
        let localContext = new DimensionContext(this.context, this.state);
        this.enterRule(localContext, 26, MilParser.RULE_dimension);
        let _la: number;
        try {
            this.enterOuterAlt(localContext, 1);
            {
            this.state = 249;
            _la = this.tokenStream.LA(1);
            if(!(_la === 20 || _la === 31)) {
            this.errorHandler.recoverInline(this);
            }
            else {
                this.errorHandler.reportMatch(this);
                this.consume();
            }
            }
        }
        catch (re) {
            if (re instanceof antlr.RecognitionException) {
                this.errorHandler.reportError(this, re);
                this.errorHandler.recover(this, re);
            } else {
                throw re;
            }
        }
        finally {
            this.exitRule();
        }
        return localContext;
    }
    public pixelBuffer(): PixelBufferContext {
        let localContext = new PixelBufferContext(this.context, this.state);
        this.enterRule(localContext, 28, MilParser.RULE_pixelBuffer);
        let _la: number;
        try {
            this.enterOuterAlt(localContext, 1);
            {
            this.state = 251;
            this.match(MilParser.T__20);
            this.state = 252;
            this.match(MilParser.T__6);
            this.state = 256;
            this.errorHandler.sync(this);
            _la = this.tokenStream.LA(1);
            while ((((_la) & ~0x1F) === 0 && ((1 << _la) & 4294947910) !== 0) || _la === 32 || _la === 33) {
                {
                {
                this.state = 253;
                this.pixelBufferPart();
                }
                }
                this.state = 258;
                this.errorHandler.sync(this);
                _la = this.tokenStream.LA(1);
            }
            this.state = 259;
            this.match(MilParser.T__7);
            }
        }
        catch (re) {
            if (re instanceof antlr.RecognitionException) {
                this.errorHandler.reportError(this, re);
                this.errorHandler.recover(this, re);
            } else {
                throw re;
            }
        }
        finally {
            this.exitRule();
        }
        return localContext;
    }
    public pixelBufferPart(): PixelBufferPartContext {
        let localContext = new PixelBufferPartContext(this.context, this.state);
        this.enterRule(localContext, 30, MilParser.RULE_pixelBufferPart);
        let _la: number;
        try {
            this.state = 285;
            this.errorHandler.sync(this);
            switch (this.interpreter.adaptivePredict(this.tokenStream, 31, this.context) ) {
            case 1:
                this.enterOuterAlt(localContext, 1);
                {
                this.state = 261;
                this.type_();
                }
                break;
            case 2:
                this.enterOuterAlt(localContext, 2);
                {
                this.state = 262;
                this.name();
                }
                break;
            case 3:
                this.enterOuterAlt(localContext, 3);
                {
                this.state = 263;
                this.match(MilParser.NUMBER);
                }
                break;
            case 4:
                this.enterOuterAlt(localContext, 4);
                {
                this.state = 264;
                this.match(MilParser.STRING);
                }
                break;
            case 5:
                this.enterOuterAlt(localContext, 5);
                {
                this.state = 265;
                this.match(MilParser.FLAT_LIST);
                }
                break;
            case 6:
                this.enterOuterAlt(localContext, 6);
                {
                this.state = 266;
                this.match(MilParser.T__19);
                }
                break;
            case 7:
                this.enterOuterAlt(localContext, 7);
                {
                this.state = 267;
                this.match(MilParser.T__9);
                }
                break;
            case 8:
                this.enterOuterAlt(localContext, 8);
                {
                this.state = 268;
                this.match(MilParser.T__11);
                }
                break;
            case 9:
                this.enterOuterAlt(localContext, 9);
                {
                this.state = 269;
                this.match(MilParser.T__12);
                this.state = 273;
                this.errorHandler.sync(this);
                _la = this.tokenStream.LA(1);
                while ((((_la) & ~0x1F) === 0 && ((1 << _la) & 4294947910) !== 0) || _la === 32 || _la === 33) {
                    {
                    {
                    this.state = 270;
                    this.pixelBufferPart();
                    }
                    }
                    this.state = 275;
                    this.errorHandler.sync(this);
                    _la = this.tokenStream.LA(1);
                }
                this.state = 276;
                this.match(MilParser.T__13);
                }
                break;
            case 10:
                this.enterOuterAlt(localContext, 10);
                {
                this.state = 277;
                this.match(MilParser.T__1);
                this.state = 281;
                this.errorHandler.sync(this);
                _la = this.tokenStream.LA(1);
                while ((((_la) & ~0x1F) === 0 && ((1 << _la) & 4294947910) !== 0) || _la === 32 || _la === 33) {
                    {
                    {
                    this.state = 278;
                    this.pixelBufferPart();
                    }
                    }
                    this.state = 283;
                    this.errorHandler.sync(this);
                    _la = this.tokenStream.LA(1);
                }
                this.state = 284;
                this.match(MilParser.T__2);
                }
                break;
            }
        }
        catch (re) {
            if (re instanceof antlr.RecognitionException) {
                this.errorHandler.reportError(this, re);
                this.errorHandler.recover(this, re);
            } else {
                throw re;
            }
        }
        finally {
            this.exitRule();
        }
        return localContext;
    }
    public value(): ValueContext {
        let localContext = new ValueContext(this.context, this.state);
        this.enterRule(localContext, 32, MilParser.RULE_value);
        try {
            this.enterOuterAlt(localContext, 1);
            {
            this.state = 287;
            this.type_();
            this.state = 288;
            this.match(MilParser.T__1);
            this.state = 291;
            this.errorHandler.sync(this);
            switch (this.tokenStream.LA(1)) {
            case MilParser.T__21:
                {
                this.state = 289;
                this.blob();
                }
                break;
            case MilParser.T__1:
            case MilParser.T__3:
            case MilParser.T__12:
            case MilParser.T__14:
            case MilParser.T__15:
            case MilParser.T__16:
            case MilParser.T__17:
            case MilParser.T__18:
            case MilParser.T__20:
            case MilParser.T__24:
            case MilParser.T__25:
            case MilParser.T__26:
            case MilParser.T__27:
            case MilParser.ELEMENT:
            case MilParser.NUMBER:
            case MilParser.FLAT_LIST:
            case MilParser.STRING:
                {
                this.state = 290;
                this.literal();
                }
                break;
            case MilParser.T__2:
                break;
            default:
                break;
            }
            this.state = 293;
            this.match(MilParser.T__2);
            }
        }
        catch (re) {
            if (re instanceof antlr.RecognitionException) {
                this.errorHandler.reportError(this, re);
                this.errorHandler.recover(this, re);
            } else {
                throw re;
            }
        }
        finally {
            this.exitRule();
        }
        return localContext;
    }
    public blob(): BlobContext {
        let localContext = new BlobContext(this.context, this.state);
        this.enterRule(localContext, 34, MilParser.RULE_blob);
        try {
            this.enterOuterAlt(localContext, 1);
            {
            this.state = 295;
            this.match(MilParser.T__21);
            this.state = 296;
            this.match(MilParser.T__1);
            this.state = 297;
            this.match(MilParser.T__22);
            this.state = 298;
            this.match(MilParser.T__11);
            this.state = 299;
            this.value();
            this.state = 300;
            this.match(MilParser.T__9);
            this.state = 301;
            this.match(MilParser.T__23);
            this.state = 302;
            this.match(MilParser.T__11);
            this.state = 303;
            this.value();
            this.state = 304;
            this.match(MilParser.T__2);
            }
        }
        catch (re) {
            if (re instanceof antlr.RecognitionException) {
                this.errorHandler.reportError(this, re);
                this.errorHandler.recover(this, re);
            } else {
                throw re;
            }
        }
        finally {
            this.exitRule();
        }
        return localContext;
    }
    public literal(): LiteralContext {
        let localContext = new LiteralContext(this.context, this.state);
        this.enterRule(localContext, 36, MilParser.RULE_literal);
        let _la: number;
        try {
            this.state = 350;
            this.errorHandler.sync(this);
            switch (this.tokenStream.LA(1)) {
            case MilParser.STRING:
                this.enterOuterAlt(localContext, 1);
                {
                this.state = 306;
                this.match(MilParser.STRING);
                }
                break;
            case MilParser.NUMBER:
                this.enterOuterAlt(localContext, 2);
                {
                this.state = 307;
                this.match(MilParser.NUMBER);
                }
                break;
            case MilParser.T__24:
                this.enterOuterAlt(localContext, 3);
                {
                this.state = 308;
                this.match(MilParser.T__24);
                }
                break;
            case MilParser.T__25:
                this.enterOuterAlt(localContext, 4);
                {
                this.state = 309;
                this.match(MilParser.T__25);
                }
                break;
            case MilParser.T__26:
                this.enterOuterAlt(localContext, 5);
                {
                this.state = 310;
                this.match(MilParser.T__26);
                }
                break;
            case MilParser.T__27:
                this.enterOuterAlt(localContext, 6);
                {
                this.state = 311;
                this.match(MilParser.T__27);
                }
                break;
            case MilParser.FLAT_LIST:
                this.enterOuterAlt(localContext, 7);
                {
                this.state = 312;
                this.match(MilParser.FLAT_LIST);
                }
                break;
            case MilParser.T__12:
                this.enterOuterAlt(localContext, 8);
                {
                this.state = 313;
                this.match(MilParser.T__12);
                this.state = 322;
                this.errorHandler.sync(this);
                _la = this.tokenStream.LA(1);
                if (((((_la - 2)) & ~0x1F) === 0 && ((1 << (_la - 2)) & 4018923525) !== 0)) {
                    {
                    this.state = 314;
                    this.literal();
                    this.state = 319;
                    this.errorHandler.sync(this);
                    _la = this.tokenStream.LA(1);
                    while (_la === 10) {
                        {
                        {
                        this.state = 315;
                        this.match(MilParser.T__9);
                        this.state = 316;
                        this.literal();
                        }
                        }
                        this.state = 321;
                        this.errorHandler.sync(this);
                        _la = this.tokenStream.LA(1);
                    }
                    }
                }

                this.state = 324;
                this.match(MilParser.T__13);
                }
                break;
            case MilParser.T__1:
                this.enterOuterAlt(localContext, 9);
                {
                this.state = 325;
                this.match(MilParser.T__1);
                this.state = 334;
                this.errorHandler.sync(this);
                _la = this.tokenStream.LA(1);
                if (((((_la - 2)) & ~0x1F) === 0 && ((1 << (_la - 2)) & 4018923525) !== 0)) {
                    {
                    this.state = 326;
                    this.literal();
                    this.state = 331;
                    this.errorHandler.sync(this);
                    _la = this.tokenStream.LA(1);
                    while (_la === 10) {
                        {
                        {
                        this.state = 327;
                        this.match(MilParser.T__9);
                        this.state = 328;
                        this.literal();
                        }
                        }
                        this.state = 333;
                        this.errorHandler.sync(this);
                        _la = this.tokenStream.LA(1);
                    }
                    }
                }

                this.state = 336;
                this.match(MilParser.T__2);
                }
                break;
            case MilParser.T__3:
                this.enterOuterAlt(localContext, 10);
                {
                this.state = 337;
                this.match(MilParser.T__3);
                this.state = 346;
                this.errorHandler.sync(this);
                _la = this.tokenStream.LA(1);
                if (_la === 4) {
                    {
                    this.state = 338;
                    this.entry();
                    this.state = 343;
                    this.errorHandler.sync(this);
                    _la = this.tokenStream.LA(1);
                    while (_la === 10) {
                        {
                        {
                        this.state = 339;
                        this.match(MilParser.T__9);
                        this.state = 340;
                        this.entry();
                        }
                        }
                        this.state = 345;
                        this.errorHandler.sync(this);
                        _la = this.tokenStream.LA(1);
                    }
                    }
                }

                this.state = 348;
                this.match(MilParser.T__4);
                }
                break;
            case MilParser.T__14:
            case MilParser.T__15:
            case MilParser.T__16:
            case MilParser.T__17:
            case MilParser.T__18:
            case MilParser.T__20:
            case MilParser.ELEMENT:
                this.enterOuterAlt(localContext, 11);
                {
                this.state = 349;
                this.value();
                }
                break;
            default:
                throw new antlr.NoViableAltException(this);
            }
        }
        catch (re) {
            if (re instanceof antlr.RecognitionException) {
                this.errorHandler.reportError(this, re);
                this.errorHandler.recover(this, re);
            } else {
                throw re;
            }
        }
        finally {
            this.exitRule();
        }
        return localContext;
    }
    public entry(): EntryContext {
        let localContext = new EntryContext(this.context, this.state);
        this.enterRule(localContext, 38, MilParser.RULE_entry);
        try {
            this.enterOuterAlt(localContext, 1);
            {
            this.state = 352;
            this.match(MilParser.T__3);
            this.state = 353;
            this.literal();
            this.state = 354;
            this.match(MilParser.T__9);
            this.state = 355;
            this.literal();
            this.state = 356;
            this.match(MilParser.T__4);
            }
        }
        catch (re) {
            if (re instanceof antlr.RecognitionException) {
                this.errorHandler.reportError(this, re);
                this.errorHandler.recover(this, re);
            } else {
                throw re;
            }
        }
        finally {
            this.exitRule();
        }
        return localContext;
    }
    public name(): NameContext {
        let localContext = new NameContext(this.context, this.state);
        this.enterRule(localContext, 40, MilParser.RULE_name);
        let _la: number;
        try {
            this.enterOuterAlt(localContext, 1);
            {
            this.state = 358;
            _la = this.tokenStream.LA(1);
            if(!((((_la) & ~0x1F) === 0 && ((1 << _la) & 2146402370) !== 0))) {
            this.errorHandler.recoverInline(this);
            }
            else {
                this.errorHandler.reportMatch(this);
                this.consume();
            }
            }
        }
        catch (re) {
            if (re instanceof antlr.RecognitionException) {
                this.errorHandler.reportError(this, re);
                this.errorHandler.recover(this, re);
            } else {
                throw re;
            }
        }
        finally {
            this.exitRule();
        }
        return localContext;
    }

    public static readonly _serializedATN: number[] = [
        4,1,37,361,2,0,7,0,2,1,7,1,2,2,7,2,2,3,7,3,2,4,7,4,2,5,7,5,2,6,7,
        6,2,7,7,7,2,8,7,8,2,9,7,9,2,10,7,10,2,11,7,11,2,12,7,12,2,13,7,13,
        2,14,7,14,2,15,7,15,2,16,7,16,2,17,7,17,2,18,7,18,2,19,7,19,2,20,
        7,20,1,0,1,0,1,0,1,0,1,0,5,0,48,8,0,10,0,12,0,51,9,0,1,0,1,0,5,0,
        55,8,0,10,0,12,0,58,9,0,1,0,1,0,1,0,1,1,1,1,1,1,1,1,1,1,1,1,1,1,
        3,1,70,8,1,1,1,1,1,5,1,74,8,1,10,1,12,1,77,9,1,1,1,1,1,3,1,81,8,
        1,1,2,1,2,1,2,5,2,86,8,2,10,2,12,2,89,9,2,1,3,1,3,1,3,1,4,1,4,5,
        4,96,8,4,10,4,12,4,99,9,4,1,4,1,4,1,4,1,4,1,4,1,4,5,4,107,8,4,10,
        4,12,4,110,9,4,3,4,112,8,4,1,4,1,4,3,4,116,8,4,1,5,1,5,3,5,120,8,
        5,1,5,3,5,123,8,5,1,5,1,5,1,6,1,6,1,6,3,6,130,8,6,1,6,1,6,1,6,1,
        6,1,6,5,6,137,8,6,10,6,12,6,140,9,6,3,6,142,8,6,1,6,1,6,3,6,146,
        8,6,1,6,5,6,149,8,6,10,6,12,6,152,9,6,1,6,1,6,1,7,1,7,1,7,1,7,1,
        7,1,7,1,7,5,7,163,8,7,10,7,12,7,166,9,7,3,7,168,8,7,1,7,3,7,171,
        8,7,1,8,1,8,3,8,175,8,8,1,9,1,9,1,9,1,9,5,9,181,8,9,10,9,12,9,184,
        9,9,1,9,1,9,1,10,1,10,1,10,1,10,1,11,1,11,1,11,1,11,1,11,1,11,1,
        11,1,11,1,11,1,11,1,11,1,11,1,11,1,11,1,11,1,11,1,11,1,11,1,11,1,
        11,1,11,1,11,1,11,1,11,1,11,1,11,1,11,5,11,219,8,11,10,11,12,11,
        222,9,11,3,11,224,8,11,1,11,1,11,1,11,1,11,1,11,1,11,1,11,3,11,233,
        8,11,1,12,1,12,1,12,1,12,1,12,5,12,240,8,12,10,12,12,12,243,9,12,
        3,12,245,8,12,1,12,3,12,248,8,12,1,13,1,13,1,14,1,14,1,14,5,14,255,
        8,14,10,14,12,14,258,9,14,1,14,1,14,1,15,1,15,1,15,1,15,1,15,1,15,
        1,15,1,15,1,15,1,15,5,15,272,8,15,10,15,12,15,275,9,15,1,15,1,15,
        1,15,5,15,280,8,15,10,15,12,15,283,9,15,1,15,3,15,286,8,15,1,16,
        1,16,1,16,1,16,3,16,292,8,16,1,16,1,16,1,17,1,17,1,17,1,17,1,17,
        1,17,1,17,1,17,1,17,1,17,1,17,1,18,1,18,1,18,1,18,1,18,1,18,1,18,
        1,18,1,18,1,18,1,18,5,18,318,8,18,10,18,12,18,321,9,18,3,18,323,
        8,18,1,18,1,18,1,18,1,18,1,18,5,18,330,8,18,10,18,12,18,333,9,18,
        3,18,335,8,18,1,18,1,18,1,18,1,18,1,18,5,18,342,8,18,10,18,12,18,
        345,9,18,3,18,347,8,18,1,18,1,18,3,18,351,8,18,1,19,1,19,1,19,1,
        19,1,19,1,19,1,20,1,20,1,20,0,0,21,0,2,4,6,8,10,12,14,16,18,20,22,
        24,26,28,30,32,34,36,38,40,0,2,2,0,20,20,31,31,4,0,1,1,6,6,15,19,
        21,30,402,0,42,1,0,0,0,2,62,1,0,0,0,4,82,1,0,0,0,6,90,1,0,0,0,8,
        93,1,0,0,0,10,122,1,0,0,0,12,129,1,0,0,0,14,155,1,0,0,0,16,174,1,
        0,0,0,18,176,1,0,0,0,20,187,1,0,0,0,22,232,1,0,0,0,24,247,1,0,0,
        0,26,249,1,0,0,0,28,251,1,0,0,0,30,285,1,0,0,0,32,287,1,0,0,0,34,
        295,1,0,0,0,36,350,1,0,0,0,38,352,1,0,0,0,40,358,1,0,0,0,42,43,5,
        1,0,0,43,44,5,2,0,0,44,45,5,31,0,0,45,49,5,3,0,0,46,48,3,18,9,0,
        47,46,1,0,0,0,48,51,1,0,0,0,49,47,1,0,0,0,49,50,1,0,0,0,50,52,1,
        0,0,0,51,49,1,0,0,0,52,56,5,4,0,0,53,55,3,2,1,0,54,53,1,0,0,0,55,
        58,1,0,0,0,56,54,1,0,0,0,56,57,1,0,0,0,57,59,1,0,0,0,58,56,1,0,0,
        0,59,60,5,5,0,0,60,61,5,0,0,1,61,1,1,0,0,0,62,63,5,6,0,0,63,64,3,
        40,20,0,64,65,5,7,0,0,65,66,3,40,20,0,66,67,5,8,0,0,67,69,5,2,0,
        0,68,70,3,4,2,0,69,68,1,0,0,0,69,70,1,0,0,0,70,71,1,0,0,0,71,75,
        5,3,0,0,72,74,3,18,9,0,73,72,1,0,0,0,74,77,1,0,0,0,75,73,1,0,0,0,
        75,76,1,0,0,0,76,78,1,0,0,0,77,75,1,0,0,0,78,80,3,8,4,0,79,81,5,
        9,0,0,80,79,1,0,0,0,80,81,1,0,0,0,81,3,1,0,0,0,82,87,3,6,3,0,83,
        84,5,10,0,0,84,86,3,6,3,0,85,83,1,0,0,0,86,89,1,0,0,0,87,85,1,0,
        0,0,87,88,1,0,0,0,88,5,1,0,0,0,89,87,1,0,0,0,90,91,3,22,11,0,91,
        92,3,40,20,0,92,7,1,0,0,0,93,97,5,4,0,0,94,96,3,12,6,0,95,94,1,0,
        0,0,96,99,1,0,0,0,97,95,1,0,0,0,97,98,1,0,0,0,98,100,1,0,0,0,99,
        97,1,0,0,0,100,101,5,5,0,0,101,102,5,11,0,0,102,111,5,2,0,0,103,
        108,3,40,20,0,104,105,5,10,0,0,105,107,3,40,20,0,106,104,1,0,0,0,
        107,110,1,0,0,0,108,106,1,0,0,0,108,109,1,0,0,0,109,112,1,0,0,0,
        110,108,1,0,0,0,111,103,1,0,0,0,111,112,1,0,0,0,112,113,1,0,0,0,
        113,115,5,3,0,0,114,116,3,18,9,0,115,114,1,0,0,0,115,116,1,0,0,0,
        116,9,1,0,0,0,117,119,5,2,0,0,118,120,3,4,2,0,119,118,1,0,0,0,119,
        120,1,0,0,0,120,121,1,0,0,0,121,123,5,3,0,0,122,117,1,0,0,0,122,
        123,1,0,0,0,123,124,1,0,0,0,124,125,3,8,4,0,125,11,1,0,0,0,126,127,
        3,4,2,0,127,128,5,12,0,0,128,130,1,0,0,0,129,126,1,0,0,0,129,130,
        1,0,0,0,130,131,1,0,0,0,131,132,3,40,20,0,132,141,5,2,0,0,133,138,
        3,14,7,0,134,135,5,10,0,0,135,137,3,14,7,0,136,134,1,0,0,0,137,140,
        1,0,0,0,138,136,1,0,0,0,138,139,1,0,0,0,139,142,1,0,0,0,140,138,
        1,0,0,0,141,133,1,0,0,0,141,142,1,0,0,0,142,143,1,0,0,0,143,145,
        5,3,0,0,144,146,3,18,9,0,145,144,1,0,0,0,145,146,1,0,0,0,146,150,
        1,0,0,0,147,149,3,10,5,0,148,147,1,0,0,0,149,152,1,0,0,0,150,148,
        1,0,0,0,150,151,1,0,0,0,151,153,1,0,0,0,152,150,1,0,0,0,153,154,
        5,9,0,0,154,13,1,0,0,0,155,156,3,40,20,0,156,170,5,12,0,0,157,171,
        3,16,8,0,158,167,5,2,0,0,159,164,3,16,8,0,160,161,5,10,0,0,161,163,
        3,16,8,0,162,160,1,0,0,0,163,166,1,0,0,0,164,162,1,0,0,0,164,165,
        1,0,0,0,165,168,1,0,0,0,166,164,1,0,0,0,167,159,1,0,0,0,167,168,
        1,0,0,0,168,169,1,0,0,0,169,171,5,3,0,0,170,157,1,0,0,0,170,158,
        1,0,0,0,171,15,1,0,0,0,172,175,3,40,20,0,173,175,3,32,16,0,174,172,
        1,0,0,0,174,173,1,0,0,0,175,17,1,0,0,0,176,177,5,13,0,0,177,182,
        3,20,10,0,178,179,5,10,0,0,179,181,3,20,10,0,180,178,1,0,0,0,181,
        184,1,0,0,0,182,180,1,0,0,0,182,183,1,0,0,0,183,185,1,0,0,0,184,
        182,1,0,0,0,185,186,5,14,0,0,186,19,1,0,0,0,187,188,3,40,20,0,188,
        189,5,12,0,0,189,190,3,32,16,0,190,21,1,0,0,0,191,233,5,29,0,0,192,
        193,5,15,0,0,193,194,5,7,0,0,194,195,5,29,0,0,195,196,5,10,0,0,196,
        197,3,24,12,0,197,198,5,8,0,0,198,233,1,0,0,0,199,200,5,16,0,0,200,
        201,5,7,0,0,201,202,3,22,11,0,202,203,5,10,0,0,203,204,3,26,13,0,
        204,205,5,8,0,0,205,233,1,0,0,0,206,207,5,17,0,0,207,208,5,7,0,0,
        208,209,3,22,11,0,209,210,5,10,0,0,210,211,3,22,11,0,211,212,5,8,
        0,0,212,233,1,0,0,0,213,214,5,18,0,0,214,223,5,7,0,0,215,220,3,22,
        11,0,216,217,5,10,0,0,217,219,3,22,11,0,218,216,1,0,0,0,219,222,
        1,0,0,0,220,218,1,0,0,0,220,221,1,0,0,0,221,224,1,0,0,0,222,220,
        1,0,0,0,223,215,1,0,0,0,223,224,1,0,0,0,224,225,1,0,0,0,225,233,
        5,8,0,0,226,227,5,19,0,0,227,228,5,7,0,0,228,229,3,22,11,0,229,230,
        5,8,0,0,230,233,1,0,0,0,231,233,3,28,14,0,232,191,1,0,0,0,232,192,
        1,0,0,0,232,199,1,0,0,0,232,206,1,0,0,0,232,213,1,0,0,0,232,226,
        1,0,0,0,232,231,1,0,0,0,233,23,1,0,0,0,234,248,5,32,0,0,235,244,
        5,13,0,0,236,241,3,26,13,0,237,238,5,10,0,0,238,240,3,26,13,0,239,
        237,1,0,0,0,240,243,1,0,0,0,241,239,1,0,0,0,241,242,1,0,0,0,242,
        245,1,0,0,0,243,241,1,0,0,0,244,236,1,0,0,0,244,245,1,0,0,0,245,
        246,1,0,0,0,246,248,5,14,0,0,247,234,1,0,0,0,247,235,1,0,0,0,248,
        25,1,0,0,0,249,250,7,0,0,0,250,27,1,0,0,0,251,252,5,21,0,0,252,256,
        5,7,0,0,253,255,3,30,15,0,254,253,1,0,0,0,255,258,1,0,0,0,256,254,
        1,0,0,0,256,257,1,0,0,0,257,259,1,0,0,0,258,256,1,0,0,0,259,260,
        5,8,0,0,260,29,1,0,0,0,261,286,3,22,11,0,262,286,3,40,20,0,263,286,
        5,31,0,0,264,286,5,33,0,0,265,286,5,32,0,0,266,286,5,20,0,0,267,
        286,5,10,0,0,268,286,5,12,0,0,269,273,5,13,0,0,270,272,3,30,15,0,
        271,270,1,0,0,0,272,275,1,0,0,0,273,271,1,0,0,0,273,274,1,0,0,0,
        274,276,1,0,0,0,275,273,1,0,0,0,276,286,5,14,0,0,277,281,5,2,0,0,
        278,280,3,30,15,0,279,278,1,0,0,0,280,283,1,0,0,0,281,279,1,0,0,
        0,281,282,1,0,0,0,282,284,1,0,0,0,283,281,1,0,0,0,284,286,5,3,0,
        0,285,261,1,0,0,0,285,262,1,0,0,0,285,263,1,0,0,0,285,264,1,0,0,
        0,285,265,1,0,0,0,285,266,1,0,0,0,285,267,1,0,0,0,285,268,1,0,0,
        0,285,269,1,0,0,0,285,277,1,0,0,0,286,31,1,0,0,0,287,288,3,22,11,
        0,288,291,5,2,0,0,289,292,3,34,17,0,290,292,3,36,18,0,291,289,1,
        0,0,0,291,290,1,0,0,0,291,292,1,0,0,0,292,293,1,0,0,0,293,294,5,
        3,0,0,294,33,1,0,0,0,295,296,5,22,0,0,296,297,5,2,0,0,297,298,5,
        23,0,0,298,299,5,12,0,0,299,300,3,32,16,0,300,301,5,10,0,0,301,302,
        5,24,0,0,302,303,5,12,0,0,303,304,3,32,16,0,304,305,5,3,0,0,305,
        35,1,0,0,0,306,351,5,33,0,0,307,351,5,31,0,0,308,351,5,25,0,0,309,
        351,5,26,0,0,310,351,5,27,0,0,311,351,5,28,0,0,312,351,5,32,0,0,
        313,322,5,13,0,0,314,319,3,36,18,0,315,316,5,10,0,0,316,318,3,36,
        18,0,317,315,1,0,0,0,318,321,1,0,0,0,319,317,1,0,0,0,319,320,1,0,
        0,0,320,323,1,0,0,0,321,319,1,0,0,0,322,314,1,0,0,0,322,323,1,0,
        0,0,323,324,1,0,0,0,324,351,5,14,0,0,325,334,5,2,0,0,326,331,3,36,
        18,0,327,328,5,10,0,0,328,330,3,36,18,0,329,327,1,0,0,0,330,333,
        1,0,0,0,331,329,1,0,0,0,331,332,1,0,0,0,332,335,1,0,0,0,333,331,
        1,0,0,0,334,326,1,0,0,0,334,335,1,0,0,0,335,336,1,0,0,0,336,351,
        5,3,0,0,337,346,5,4,0,0,338,343,3,38,19,0,339,340,5,10,0,0,340,342,
        3,38,19,0,341,339,1,0,0,0,342,345,1,0,0,0,343,341,1,0,0,0,343,344,
        1,0,0,0,344,347,1,0,0,0,345,343,1,0,0,0,346,338,1,0,0,0,346,347,
        1,0,0,0,347,348,1,0,0,0,348,351,5,5,0,0,349,351,3,32,16,0,350,306,
        1,0,0,0,350,307,1,0,0,0,350,308,1,0,0,0,350,309,1,0,0,0,350,310,
        1,0,0,0,350,311,1,0,0,0,350,312,1,0,0,0,350,313,1,0,0,0,350,325,
        1,0,0,0,350,337,1,0,0,0,350,349,1,0,0,0,351,37,1,0,0,0,352,353,5,
        4,0,0,353,354,3,36,18,0,354,355,5,10,0,0,355,356,3,36,18,0,356,357,
        5,5,0,0,357,39,1,0,0,0,358,359,7,1,0,0,359,41,1,0,0,0,40,49,56,69,
        75,80,87,97,108,111,115,119,122,129,138,141,145,150,164,167,170,
        174,182,220,223,232,241,244,247,256,273,281,285,291,319,322,331,
        334,343,346,350
    ];

    private static __ATN: antlr.ATN;
    public static get _ATN(): antlr.ATN {
        if (!MilParser.__ATN) {
            MilParser.__ATN = new antlr.ATNDeserializer().deserialize(MilParser._serializedATN);
        }

        return MilParser.__ATN;
    }


    private static readonly vocabulary = new antlr.Vocabulary(MilParser.literalNames, MilParser.symbolicNames, []);

    public override get vocabulary(): antlr.Vocabulary {
        return MilParser.vocabulary;
    }

    private static readonly decisionsToDFA = MilParser._ATN.decisionToState.map( (ds: antlr.DecisionState, index: number) => new antlr.DFA(ds, index) );
}

export class ProgramContext extends antlr.ParserRuleContext {
    public constructor(parent: antlr.ParserRuleContext | null, invokingState: number) {
        super(parent, invokingState);
    }
    public NUMBER(): antlr.TerminalNode {
        return this.getToken(MilParser.NUMBER, 0)!;
    }
    public EOF(): antlr.TerminalNode {
        return this.getToken(MilParser.EOF, 0)!;
    }
    public attributes(): AttributesContext[];
    public attributes(i: number): AttributesContext | null;
    public attributes(i?: number): AttributesContext[] | AttributesContext | null {
        if (i === undefined) {
            return this.getRuleContexts(AttributesContext);
        }

        return this.getRuleContext(i, AttributesContext);
    }
    public function_(): FunctionContext[];
    public function_(i: number): FunctionContext | null;
    public function_(i?: number): FunctionContext[] | FunctionContext | null {
        if (i === undefined) {
            return this.getRuleContexts(FunctionContext);
        }

        return this.getRuleContext(i, FunctionContext);
    }
    public override get ruleIndex(): number {
        return MilParser.RULE_program;
    }
}


export class FunctionContext extends antlr.ParserRuleContext {
    public constructor(parent: antlr.ParserRuleContext | null, invokingState: number) {
        super(parent, invokingState);
    }
    public name(): NameContext[];
    public name(i: number): NameContext | null;
    public name(i?: number): NameContext[] | NameContext | null {
        if (i === undefined) {
            return this.getRuleContexts(NameContext);
        }

        return this.getRuleContext(i, NameContext);
    }
    public block(): BlockContext {
        return this.getRuleContext(0, BlockContext)!;
    }
    public parameters(): ParametersContext | null {
        return this.getRuleContext(0, ParametersContext);
    }
    public attributes(): AttributesContext[];
    public attributes(i: number): AttributesContext | null;
    public attributes(i?: number): AttributesContext[] | AttributesContext | null {
        if (i === undefined) {
            return this.getRuleContexts(AttributesContext);
        }

        return this.getRuleContext(i, AttributesContext);
    }
    public override get ruleIndex(): number {
        return MilParser.RULE_function;
    }
}


export class ParametersContext extends antlr.ParserRuleContext {
    public constructor(parent: antlr.ParserRuleContext | null, invokingState: number) {
        super(parent, invokingState);
    }
    public parameter(): ParameterContext[];
    public parameter(i: number): ParameterContext | null;
    public parameter(i?: number): ParameterContext[] | ParameterContext | null {
        if (i === undefined) {
            return this.getRuleContexts(ParameterContext);
        }

        return this.getRuleContext(i, ParameterContext);
    }
    public override get ruleIndex(): number {
        return MilParser.RULE_parameters;
    }
}


export class ParameterContext extends antlr.ParserRuleContext {
    public constructor(parent: antlr.ParserRuleContext | null, invokingState: number) {
        super(parent, invokingState);
    }
    public type(): TypeContext {
        return this.getRuleContext(0, TypeContext)!;
    }
    public name(): NameContext {
        return this.getRuleContext(0, NameContext)!;
    }
    public override get ruleIndex(): number {
        return MilParser.RULE_parameter;
    }
}


export class BlockContext extends antlr.ParserRuleContext {
    public constructor(parent: antlr.ParserRuleContext | null, invokingState: number) {
        super(parent, invokingState);
    }
    public operation(): OperationContext[];
    public operation(i: number): OperationContext | null;
    public operation(i?: number): OperationContext[] | OperationContext | null {
        if (i === undefined) {
            return this.getRuleContexts(OperationContext);
        }

        return this.getRuleContext(i, OperationContext);
    }
    public name(): NameContext[];
    public name(i: number): NameContext | null;
    public name(i?: number): NameContext[] | NameContext | null {
        if (i === undefined) {
            return this.getRuleContexts(NameContext);
        }

        return this.getRuleContext(i, NameContext);
    }
    public attributes(): AttributesContext | null {
        return this.getRuleContext(0, AttributesContext);
    }
    public override get ruleIndex(): number {
        return MilParser.RULE_block;
    }
}


export class NestedBlockContext extends antlr.ParserRuleContext {
    public constructor(parent: antlr.ParserRuleContext | null, invokingState: number) {
        super(parent, invokingState);
    }
    public block(): BlockContext {
        return this.getRuleContext(0, BlockContext)!;
    }
    public parameters(): ParametersContext | null {
        return this.getRuleContext(0, ParametersContext);
    }
    public override get ruleIndex(): number {
        return MilParser.RULE_nestedBlock;
    }
}


export class OperationContext extends antlr.ParserRuleContext {
    public constructor(parent: antlr.ParserRuleContext | null, invokingState: number) {
        super(parent, invokingState);
    }
    public name(): NameContext {
        return this.getRuleContext(0, NameContext)!;
    }
    public parameters(): ParametersContext | null {
        return this.getRuleContext(0, ParametersContext);
    }
    public argument(): ArgumentContext[];
    public argument(i: number): ArgumentContext | null;
    public argument(i?: number): ArgumentContext[] | ArgumentContext | null {
        if (i === undefined) {
            return this.getRuleContexts(ArgumentContext);
        }

        return this.getRuleContext(i, ArgumentContext);
    }
    public attributes(): AttributesContext | null {
        return this.getRuleContext(0, AttributesContext);
    }
    public nestedBlock(): NestedBlockContext[];
    public nestedBlock(i: number): NestedBlockContext | null;
    public nestedBlock(i?: number): NestedBlockContext[] | NestedBlockContext | null {
        if (i === undefined) {
            return this.getRuleContexts(NestedBlockContext);
        }

        return this.getRuleContext(i, NestedBlockContext);
    }
    public override get ruleIndex(): number {
        return MilParser.RULE_operation;
    }
}


export class ArgumentContext extends antlr.ParserRuleContext {
    public constructor(parent: antlr.ParserRuleContext | null, invokingState: number) {
        super(parent, invokingState);
    }
    public name(): NameContext {
        return this.getRuleContext(0, NameContext)!;
    }
    public binding(): BindingContext[];
    public binding(i: number): BindingContext | null;
    public binding(i?: number): BindingContext[] | BindingContext | null {
        if (i === undefined) {
            return this.getRuleContexts(BindingContext);
        }

        return this.getRuleContext(i, BindingContext);
    }
    public override get ruleIndex(): number {
        return MilParser.RULE_argument;
    }
}


export class BindingContext extends antlr.ParserRuleContext {
    public constructor(parent: antlr.ParserRuleContext | null, invokingState: number) {
        super(parent, invokingState);
    }
    public name(): NameContext | null {
        return this.getRuleContext(0, NameContext);
    }
    public value(): ValueContext | null {
        return this.getRuleContext(0, ValueContext);
    }
    public override get ruleIndex(): number {
        return MilParser.RULE_binding;
    }
}


export class AttributesContext extends antlr.ParserRuleContext {
    public constructor(parent: antlr.ParserRuleContext | null, invokingState: number) {
        super(parent, invokingState);
    }
    public attribute(): AttributeContext[];
    public attribute(i: number): AttributeContext | null;
    public attribute(i?: number): AttributeContext[] | AttributeContext | null {
        if (i === undefined) {
            return this.getRuleContexts(AttributeContext);
        }

        return this.getRuleContext(i, AttributeContext);
    }
    public override get ruleIndex(): number {
        return MilParser.RULE_attributes;
    }
}


export class AttributeContext extends antlr.ParserRuleContext {
    public constructor(parent: antlr.ParserRuleContext | null, invokingState: number) {
        super(parent, invokingState);
    }
    public name(): NameContext {
        return this.getRuleContext(0, NameContext)!;
    }
    public value(): ValueContext {
        return this.getRuleContext(0, ValueContext)!;
    }
    public override get ruleIndex(): number {
        return MilParser.RULE_attribute;
    }
}


export class TypeContext extends antlr.ParserRuleContext {
    public constructor(parent: antlr.ParserRuleContext | null, invokingState: number) {
        super(parent, invokingState);
    }
    public ELEMENT(): antlr.TerminalNode | null {
        return this.getToken(MilParser.ELEMENT, 0);
    }
    public dimensions(): DimensionsContext | null {
        return this.getRuleContext(0, DimensionsContext);
    }
    public type_(): TypeContext[];
    public type_(i: number): TypeContext | null;
    public type_(i?: number): TypeContext[] | TypeContext | null {
        if (i === undefined) {
            return this.getRuleContexts(TypeContext);
        }

        return this.getRuleContext(i, TypeContext);
    }
    public dimension(): DimensionContext | null {
        return this.getRuleContext(0, DimensionContext);
    }
    public pixelBuffer(): PixelBufferContext | null {
        return this.getRuleContext(0, PixelBufferContext);
    }
    public override get ruleIndex(): number {
        return MilParser.RULE_type;
    }
}


export class DimensionsContext extends antlr.ParserRuleContext {
    public constructor(parent: antlr.ParserRuleContext | null, invokingState: number) {
        super(parent, invokingState);
    }
    public FLAT_LIST(): antlr.TerminalNode | null {
        return this.getToken(MilParser.FLAT_LIST, 0);
    }
    public dimension(): DimensionContext[];
    public dimension(i: number): DimensionContext | null;
    public dimension(i?: number): DimensionContext[] | DimensionContext | null {
        if (i === undefined) {
            return this.getRuleContexts(DimensionContext);
        }

        return this.getRuleContext(i, DimensionContext);
    }
    public override get ruleIndex(): number {
        return MilParser.RULE_dimensions;
    }
}


export class DimensionContext extends antlr.ParserRuleContext {
    public constructor(parent: antlr.ParserRuleContext | null, invokingState: number) {
        super(parent, invokingState);
    }
    public NUMBER(): antlr.TerminalNode {
        return this.getToken(MilParser.NUMBER, 0)!;
    }
    public override get ruleIndex(): number {
        return MilParser.RULE_dimension;
    }
}


export class PixelBufferContext extends antlr.ParserRuleContext {
    public constructor(parent: antlr.ParserRuleContext | null, invokingState: number) {
        super(parent, invokingState);
    }
    public pixelBufferPart(): PixelBufferPartContext[];
    public pixelBufferPart(i: number): PixelBufferPartContext | null;
    public pixelBufferPart(i?: number): PixelBufferPartContext[] | PixelBufferPartContext | null {
        if (i === undefined) {
            return this.getRuleContexts(PixelBufferPartContext);
        }

        return this.getRuleContext(i, PixelBufferPartContext);
    }
    public override get ruleIndex(): number {
        return MilParser.RULE_pixelBuffer;
    }
}


export class PixelBufferPartContext extends antlr.ParserRuleContext {
    public constructor(parent: antlr.ParserRuleContext | null, invokingState: number) {
        super(parent, invokingState);
    }
    public type(): TypeContext | null {
        return this.getRuleContext(0, TypeContext);
    }
    public name(): NameContext | null {
        return this.getRuleContext(0, NameContext);
    }
    public NUMBER(): antlr.TerminalNode | null {
        return this.getToken(MilParser.NUMBER, 0);
    }
    public STRING(): antlr.TerminalNode | null {
        return this.getToken(MilParser.STRING, 0);
    }
    public FLAT_LIST(): antlr.TerminalNode | null {
        return this.getToken(MilParser.FLAT_LIST, 0);
    }
    public pixelBufferPart(): PixelBufferPartContext[];
    public pixelBufferPart(i: number): PixelBufferPartContext | null;
    public pixelBufferPart(i?: number): PixelBufferPartContext[] | PixelBufferPartContext | null {
        if (i === undefined) {
            return this.getRuleContexts(PixelBufferPartContext);
        }

        return this.getRuleContext(i, PixelBufferPartContext);
    }
    public override get ruleIndex(): number {
        return MilParser.RULE_pixelBufferPart;
    }
}


export class ValueContext extends antlr.ParserRuleContext {
    public constructor(parent: antlr.ParserRuleContext | null, invokingState: number) {
        super(parent, invokingState);
    }
    public type(): TypeContext {
        return this.getRuleContext(0, TypeContext)!;
    }
    public blob(): BlobContext | null {
        return this.getRuleContext(0, BlobContext);
    }
    public literal(): LiteralContext | null {
        return this.getRuleContext(0, LiteralContext);
    }
    public override get ruleIndex(): number {
        return MilParser.RULE_value;
    }
}


export class BlobContext extends antlr.ParserRuleContext {
    public constructor(parent: antlr.ParserRuleContext | null, invokingState: number) {
        super(parent, invokingState);
    }
    public value(): ValueContext[];
    public value(i: number): ValueContext | null;
    public value(i?: number): ValueContext[] | ValueContext | null {
        if (i === undefined) {
            return this.getRuleContexts(ValueContext);
        }

        return this.getRuleContext(i, ValueContext);
    }
    public override get ruleIndex(): number {
        return MilParser.RULE_blob;
    }
}


export class LiteralContext extends antlr.ParserRuleContext {
    public constructor(parent: antlr.ParserRuleContext | null, invokingState: number) {
        super(parent, invokingState);
    }
    public STRING(): antlr.TerminalNode | null {
        return this.getToken(MilParser.STRING, 0);
    }
    public NUMBER(): antlr.TerminalNode | null {
        return this.getToken(MilParser.NUMBER, 0);
    }
    public FLAT_LIST(): antlr.TerminalNode | null {
        return this.getToken(MilParser.FLAT_LIST, 0);
    }
    public literal(): LiteralContext[];
    public literal(i: number): LiteralContext | null;
    public literal(i?: number): LiteralContext[] | LiteralContext | null {
        if (i === undefined) {
            return this.getRuleContexts(LiteralContext);
        }

        return this.getRuleContext(i, LiteralContext);
    }
    public entry(): EntryContext[];
    public entry(i: number): EntryContext | null;
    public entry(i?: number): EntryContext[] | EntryContext | null {
        if (i === undefined) {
            return this.getRuleContexts(EntryContext);
        }

        return this.getRuleContext(i, EntryContext);
    }
    public value(): ValueContext | null {
        return this.getRuleContext(0, ValueContext);
    }
    public override get ruleIndex(): number {
        return MilParser.RULE_literal;
    }
}


export class EntryContext extends antlr.ParserRuleContext {
    public constructor(parent: antlr.ParserRuleContext | null, invokingState: number) {
        super(parent, invokingState);
    }
    public literal(): LiteralContext[];
    public literal(i: number): LiteralContext | null;
    public literal(i?: number): LiteralContext[] | LiteralContext | null {
        if (i === undefined) {
            return this.getRuleContexts(LiteralContext);
        }

        return this.getRuleContext(i, LiteralContext);
    }
    public override get ruleIndex(): number {
        return MilParser.RULE_entry;
    }
}


export class NameContext extends antlr.ParserRuleContext {
    public constructor(parent: antlr.ParserRuleContext | null, invokingState: number) {
        super(parent, invokingState);
    }
    public NAME(): antlr.TerminalNode | null {
        return this.getToken(MilParser.NAME, 0);
    }
    public ELEMENT(): antlr.TerminalNode | null {
        return this.getToken(MilParser.ELEMENT, 0);
    }
    public override get ruleIndex(): number {
        return MilParser.RULE_name;
    }
}
