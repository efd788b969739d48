// Functions: visibility, attributes of functions, parameters and results, names in quotes, declarations.
func.func @plain() {
  return
}
func.func private @declared(f32, i32 {test.a}) -> (f32 {test.b = 1}, i32)
func.func nested @nested(%x: f32 {test.a, test.b = "c"}) -> (f32 {test.r}) attributes {test.f = [1, 2]} {
  return %x : f32
}
func.func public @public(%x: f32, %y: i32) -> (f32, i32) attributes {llvm.emit_c_interface} {
  return %x, %y : f32, i32
}
func.func @"a name with \22quotes\22"(%0: tensor<4xf32>) -> tensor<4xf32> {
  return {test.attribute} %0 : tensor<4xf32>
}
func.func @calls(%x: f32, %i: i32) -> (f32, i32) {
  call @plain() : () -> ()
  %0:2 = call @declared(%x, %i) : (f32, i32) -> (f32, i32)
  %1 = func.call @nested(%0#0) {test.call} : (f32) -> f32
  %f = constant @nested : (f32) -> f32
  %2 = call_indirect %f(%1) : (f32) -> f32
  %3 = func.call_indirect %f(%2) {test.call} : (f32) -> f32
  return %3, %0#1 : f32, i32
}
func.func private @no_parameters() -> ()
func.func private @many() -> (i1, i2, i3)
func.func private @one_unnamed(f32) -> f32 attributes {test.external}
