// Unrealized conversions of one and several values.
%a, %b = "test.source"() : () -> (i32, f32)
%0 = builtin.unrealized_conversion_cast %a : i32 to !other.thing
%1:2 = builtin.unrealized_conversion_cast %0 : !other.thing to i32, f32
%2 = builtin.unrealized_conversion_cast %a, %b : i32, f32 to tuple<i32, f32>
%3 = unrealized_conversion_cast to f64
%4 = builtin.unrealized_conversion_cast %3 : f64 to i64 {test.why = "because"}
