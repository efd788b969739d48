// Arrays, packed arrays, dictionaries, units, nested.
"test.arrays"() {a = [], b = [1, 2], c = [1 : i32, "x", 1.0 : f32, unit, [true, [i32]]], d = [@f, @f::@g], e = [{}, {a = 1}]} : () -> ()
"test.packed"() {a = array<i8>, b = array<i8: -1, 127>, c = array<i16: 1>, d = array<i32: 1, 2, 3>, e = array<i64: -9223372036854775808, 9223372036854775807>, f = array<i1: true, false>, g = array<f32: 1.0, -0.0, 0.1>, h = array<f64: 1.0e300>, i = array<f32>, j = array<i32: 0x10>} : () -> ()
"test.dictionaries"() {a = {}, b = {z = 1, y, x = {w = {v = [{}]}}}, c, d = unit} : () -> ()
