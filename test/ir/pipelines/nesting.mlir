// RUN: any(cse),symbol-dce
// CASE: any stands for every isolated operation, however it is called
func.func @main(%x: i32) -> i32 {
  %0 = arith.muli %x, %x : i32
  %1 = arith.muli %x, %x : i32
  %2 = arith.addi %0, %1 : i32
  return %2 : i32
}
// AFTER
module {
  func.func @main(%x: i32) -> i32 {
    %0 = arith.muli %x, %x : i32
    %1 = arith.addi %0, %0 : i32
    return %1 : i32
  }
}
// -----
// CASE: nested pipelines run on what stands directly inside only
// RUN: builtin.module(builtin.module(func.func(cse)))
func.func @outside(%x: i32) -> i32 {
  %0 = arith.muli %x, %x : i32
  %1 = arith.muli %x, %x : i32
  %2 = arith.addi %0, %1 : i32
  return %2 : i32
}
module @inner {
  func.func @inside(%x: i32) -> i32 {
    %0 = arith.muli %x, %x : i32
    %1 = arith.muli %x, %x : i32
    %2 = arith.addi %0, %1 : i32
    return %2 : i32
  }
}
// AFTER
module {
  func.func @outside(%x: i32) -> i32 {
    %0 = arith.muli %x, %x : i32
    %1 = arith.muli %x, %x : i32
    %2 = arith.addi %0, %1 : i32
    return %2 : i32
  }
  module @inner {
    func.func @inside(%x: i32) -> i32 {
      %0 = arith.muli %x, %x : i32
      %1 = arith.addi %0, %0 : i32
      return %1 : i32
    }
  }
}
// -----
// CASE: options between blanks, on several passes
// RUN: func.func(cse, constant-fold{ max-elements=0 }), constant-fold{max-elements=4}
func.func @main() -> tensor<2xf32> {
  %0 = arith.constant dense<[1.0, 4.0]> : tensor<2xf32>
  %1 = tensor.relu %0 : tensor<2xf32>
  return %1 : tensor<2xf32>
}
// AFTER
module {
  func.func @main() -> tensor<2xf32> {
    %0 = arith.constant dense<[1.0, 4.0]> : tensor<2xf32>
    %1 = arith.constant dense<[1.0, 4.0]> : tensor<2xf32>
    return %1 : tensor<2xf32>
  }
}
