// RUN: symbol-dce
// CASE: private functions that only other dead functions call
func.func private @helper(%x: f32) -> f32 {
  return %x : f32
}
func.func private @unused(%x: f32) -> f32 {
  %0 = func.call @helper(%x) : (f32) -> f32
  return %0 : f32
}
func.func private @used(%x: f32) -> f32 {
  return %x : f32
}
func.func @main(%x: f32) -> f32 {
  %0 = func.call @used(%x) : (f32) -> f32
  return %0 : f32
}
// AFTER
module {
  func.func private @used(%x: f32) -> f32 {
    return %x : f32
  }
  func.func @main(%x: f32) -> f32 {
    %0 = call @used(%x) : (f32) -> f32
    return %0 : f32
  }
}
