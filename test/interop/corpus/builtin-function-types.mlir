// Types of functions, as values and attributes, nested.
func.func private @takes((f32) -> f32, () -> (), (i32, i32) -> (i32, f32), ((f32) -> f32) -> (() -> f32))
func.func private @gives() -> ((f32) -> f32)
func.func private @both() -> ((f32) -> f32, i32)
"test.types"() {a = () -> (), b = (f32) -> (), c = (f32, i1) -> (i32), d = () -> (i32, (f32) -> f32), e = () -> (() -> ())} : () -> ()
%f = "test.source"() : () -> ((i32) -> (i32, i32))
%x = "test.source"() : () -> i32
%r:2 = func.call_indirect %f(%x) : (i32) -> (i32, i32)
