// RUN: reconcile-unrealized-casts
// CASE: two values cast to one and back
func.func @main(%x: i32, %y: i64) -> (i64, i32) {
  %0 = builtin.unrealized_conversion_cast %x, %y : i32, i64 to f32
  %1:2 = builtin.unrealized_conversion_cast %0 : f32 to i32, i64
  return %1#1, %1#0 : i64, i32
}
// AFTER
module {
  func.func @main(%x: i32, %y: i64) -> (i64, i32) {
    return %y, %x : i64, i32
  }
}
// -----
// CASE: one value cast to two and back
func.func @main(%x: f32) -> f32 {
  %0:2 = builtin.unrealized_conversion_cast %x : f32 to i32, i64
  %1 = builtin.unrealized_conversion_cast %0#0, %0#1 : i32, i64 to f32
  return %1 : f32
}
// AFTER
module {
  func.func @main(%x: f32) -> f32 {
    return %x : f32
  }
}
// -----
// CASE: halves in another order are not what was cast
func.func @main(%x: f32) -> f32 {
  %0:2 = builtin.unrealized_conversion_cast %x : f32 to i32, i32
  %1 = builtin.unrealized_conversion_cast %0#1, %0#0 : i32, i32 to f32
  return %1 : f32
}
// AFTER
module {
  func.func @main(%x: f32) -> f32 {
    %0:2 = builtin.unrealized_conversion_cast %x : f32 to i32, i32
    %1 = builtin.unrealized_conversion_cast %0#1, %0#0 : i32, i32 to f32
    return %1 : f32
  }
}
// -----
// CASE: a chain comes back to where it was, once on the way and once at its end
func.func @main(%x: i8) -> (i16, i8) {
  %0 = builtin.unrealized_conversion_cast %x : i8 to i16
  %1 = builtin.unrealized_conversion_cast %0 : i16 to i32
  %2 = builtin.unrealized_conversion_cast %1 : i32 to i16
  %3 = builtin.unrealized_conversion_cast %2 : i16 to i8
  return %2, %3 : i16, i8
}
// AFTER
module {
  func.func @main(%x: i8) -> (i16, i8) {
    %0 = builtin.unrealized_conversion_cast %x : i8 to i16
    return %0, %x : i16, i8
  }
}
// -----
// CASE: one cast that several casts undo
func.func @main(%x: i8) -> (i8, i8, i32) {
  %0 = builtin.unrealized_conversion_cast %x : i8 to i16
  %1 = builtin.unrealized_conversion_cast %0 : i16 to i8
  %2 = builtin.unrealized_conversion_cast %0 : i16 to i8
  %3 = builtin.unrealized_conversion_cast %0 : i16 to i32
  return %1, %2, %3 : i8, i8, i32
}
// AFTER
module {
  func.func @main(%x: i8) -> (i8, i8, i32) {
    %0 = builtin.unrealized_conversion_cast %x : i8 to i16
    %1 = builtin.unrealized_conversion_cast %0 : i16 to i32
    return %x, %x, %1 : i8, i8, i32
  }
}
