// Small whole programs that mix the dialects, for the passes to work on.
func.func @saxpy(%n: index, %a: f32, %x: memref<?xf32>, %y: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    %0 = memref.load %x[%i] : memref<?xf32>
    %1 = arith.mulf %a, %0 : f32
    %2 = memref.load %y[%i] : memref<?xf32>
    %3 = arith.addf %1, %2 : f32
    memref.store %3, %y[%i] : memref<?xf32>
  }
  return
}
func.func @norm(%v: tensor<16xf32>) -> f32 {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<f32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<f32>) -> tensor<f32>
  %dot = linalg.dot ins(%v, %v : tensor<16xf32>, tensor<16xf32>) outs(%init : tensor<f32>) -> tensor<f32>
  %s = tensor.extract %dot[] : tensor<f32>
  %r = math.sqrt %s : f32
  return %r : f32
}
func.func @collatz(%n: i64) -> i64 {
  %c0 = arith.constant 0 : i64
  %c1 = arith.constant 1 : i64
  %c2 = arith.constant 2 : i64
  %c3 = arith.constant 3 : i64
  %r:2 = scf.while (%x = %n, %steps = %c0) : (i64, i64) -> (i64, i64) {
    %more = arith.cmpi ugt, %x, %c1 : i64
    scf.condition(%more) %x, %steps : i64, i64
  } do {
  ^bb0(%x: i64, %steps: i64):
    %rest = arith.remui %x, %c2 : i64
    %even = arith.cmpi eq, %rest, %c0 : i64
    %next = scf.if %even -> (i64) {
      %half = arith.divui %x, %c2 : i64
      scf.yield %half : i64
    } else {
      %triple = arith.muli %x, %c3 : i64
      %more_than = arith.addi %triple, %c1 : i64
      scf.yield %more_than : i64
    }
    %counted = arith.addi %steps, %c1 : i64
    scf.yield %next, %counted : i64, i64
  }
  return %r#1 : i64
}
func.func @matmul_relu(%a: tensor<8x16xf32>, %b: tensor<16x8xf32>) -> tensor<8x8xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<8x8xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<8x8xf32>) -> tensor<8x8xf32>
  %p = linalg.matmul ins(%a, %b : tensor<8x16xf32>, tensor<16x8xf32>) outs(%init : tensor<8x8xf32>) -> tensor<8x8xf32>
  %r = linalg.map ins(%p : tensor<8x8xf32>) outs(%e : tensor<8x8xf32>)
    (%in: f32) {
      %m = arith.maximumf %in, %zero : f32
      linalg.yield %m : f32
    }
  return %r : tensor<8x8xf32>
}
func.func @vectors(%m: memref<16xf32>) -> f32 {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %c16 = arith.constant 16 : index
  %zero = arith.constant dense<0.0> : vector<4xf32>
  %pad = arith.constant 0.0 : f32
  %sum = scf.for %i = %c0 to %c16 step %c4 iter_args(%acc = %zero) -> (vector<4xf32>) {
    %v = vector.transfer_read %m[%i], %pad : memref<16xf32>, vector<4xf32>
    %w = vector.fma %v, %v, %acc : vector<4xf32>
    scf.yield %w : vector<4xf32>
  }
  %r = vector.reduction <add>, %sum : vector<4xf32> into f32
  return %r : f32
}
