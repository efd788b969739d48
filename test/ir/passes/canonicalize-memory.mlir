// RUN: canonicalize
// CASE: sizes that are known
func.func @main(%m: memref<?x4xf32>, %n: index) -> (index, index, index) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %0 = memref.dim %m, %one : memref<?x4xf32>
  %a = memref.alloc(%n) : memref<3x?xf32>
  func.call @use(%a) : (memref<3x?xf32>) -> ()
  %1 = memref.dim %a, %one : memref<3x?xf32>
  %2 = memref.dim %m, %zero : memref<?x4xf32>
  return %0, %1, %2 : index, index, index
}
func.func private @use(memref<3x?xf32>)
// AFTER
module {
  func.func @main(%m: memref<?x4xf32>, %n: index) -> (index, index, index) {
    %zero = arith.constant 0 : index
    %0 = arith.constant 4 : index
    %a = memref.alloc(%n) : memref<3x?xf32>
    call @use(%a) : (memref<3x?xf32>) -> ()
    %1 = memref.dim %m, %zero : memref<?x4xf32>
    return %0, %n, %1 : index, index, index
  }
  func.func private @use(memref<3x?xf32>)
}
// -----
// CASE: casts that say nothing, and accesses through casts
func.func @main(%m: memref<4xf32>, %i: index) -> (f32, memref<4xf32>) {
  %0 = memref.cast %m : memref<4xf32> to memref<?xf32>
  %1 = memref.cast %0 : memref<?xf32> to memref<4xf32>
  %x = memref.load %0[%i] : memref<?xf32>
  memref.store %x, %0[%i] : memref<?xf32>
  return %x, %1 : f32, memref<4xf32>
}
// AFTER
module {
  func.func @main(%m: memref<4xf32>, %i: index) -> (f32, memref<4xf32>) {
    %x = memref.load %m[%i] : memref<4xf32>
    memref.store %x, %m[%i] : memref<4xf32>
    return %x, %m : f32, memref<4xf32>
  }
}
// -----
// CASE: an access through a cast that claims more than is known stays
func.func @main(%m: memref<?xf32>, %i: index) -> f32 {
  %0 = memref.cast %m : memref<?xf32> to memref<4xf32>
  %x = memref.load %0[%i] : memref<4xf32>
  return %x : f32
}
// AFTER
module {
  func.func @main(%m: memref<?xf32>, %i: index) -> f32 {
    %0 = memref.cast %m : memref<?xf32> to memref<4xf32>
    %x = memref.load %0[%i] : memref<4xf32>
    return %x : f32
  }
}
// -----
// CASE: copies to itself, unused buffers, undone reshapes, views of the whole
func.func @main(%m: memref<4x4xf32, strided<[4, 1]>>, %n: memref<4x4xf32>, %x: f32, %i: index) -> (memref<4x4xf32, strided<[4, 1]>>, memref<4x4xf32>) {
  memref.copy %n, %n : memref<4x4xf32> to memref<4x4xf32>
  %a = memref.alloc() : memref<4xf32>
  memref.store %x, %a[%i] : memref<4xf32>
  memref.dealloc %a : memref<4xf32>
  %0 = memref.collapse_shape %n [[0, 1]] : memref<4x4xf32> into memref<16xf32>
  %1 = memref.expand_shape %0 [[0, 1]] output_shape [4, 4] : memref<16xf32> into memref<4x4xf32>
  %2 = memref.subview %m[0, 0] [4, 4] [1, 1] : memref<4x4xf32, strided<[4, 1]>> to memref<4x4xf32, strided<[4, 1]>>
  return %2, %1 : memref<4x4xf32, strided<[4, 1]>>, memref<4x4xf32>
}
// AFTER
module {
  func.func @main(%m: memref<4x4xf32, strided<[4, 1]>>, %n: memref<4x4xf32>, %x: f32, %i: index) -> (memref<4x4xf32, strided<[4, 1]>>, memref<4x4xf32>) {
    return %m, %n : memref<4x4xf32, strided<[4, 1]>>, memref<4x4xf32>
  }
}
// -----
// CASE: upstream tensor ops
func.func @main(%t: tensor<4x4xf32>, %s: tensor<2x2xf32>, %x: f32, %i: index) -> (index, tensor<4x4xf32>, tensor<2x2xf32>, tensor<4x4xf32>, tensor<4x4xf32>, f32, f32, tensor<4xf32>) {
  %one = arith.constant 1 : index
  %0 = tensor.dim %t, %one : tensor<4x4xf32>
  %1 = tensor.extract_slice %t[0, 0] [4, 4] [1, 1] : tensor<4x4xf32> to tensor<4x4xf32>
  %2 = tensor.insert_slice %s into %t[%i, 0] [2, 2] [1, 1] : tensor<2x2xf32> into tensor<4x4xf32>
  %3 = tensor.extract_slice %2[%i, 0] [2, 2] [1, 1] : tensor<4x4xf32> to tensor<2x2xf32>
  %4 = tensor.pad %t low[0, 0] high[0, 0] {
  ^bb0(%a: index, %b: index):
    tensor.yield %x : f32
  } : tensor<4x4xf32> to tensor<4x4xf32>
  %5 = tensor.collapse_shape %t [[0, 1]] : tensor<4x4xf32> into tensor<16xf32>
  %6 = tensor.expand_shape %5 [[0, 1]] output_shape [4, 4] : tensor<16xf32> into tensor<4x4xf32>
  %7 = tensor.splat %x : tensor<4xf32>
  %8 = tensor.extract %7[%i] : tensor<4xf32>
  %y = arith.addf %x, %x : f32
  %9 = tensor.from_elements %x, %y : tensor<2xf32>
  %10 = tensor.extract %9[%one] : tensor<2xf32>
  %c = arith.constant dense<1.5> : tensor<2x2xf32>
  %11 = tensor.collapse_shape %c [[0, 1]] : tensor<2x2xf32> into tensor<4xf32>
  return %0, %1, %3, %4, %6, %8, %10, %11 : index, tensor<4x4xf32>, tensor<2x2xf32>, tensor<4x4xf32>, tensor<4x4xf32>, f32, f32, tensor<4xf32>
}
// AFTER
module {
  func.func @main(%t: tensor<4x4xf32>, %s: tensor<2x2xf32>, %x: f32, %i: index) -> (index, tensor<4x4xf32>, tensor<2x2xf32>, tensor<4x4xf32>, tensor<4x4xf32>, f32, f32, tensor<4xf32>) {
    %0 = arith.constant 4 : index
    %1 = arith.constant dense<1.5> : tensor<4xf32>
    %y = arith.addf %x, %x : f32
    return %0, %t, %s, %t, %t, %x, %y, %1 : index, tensor<4x4xf32>, tensor<2x2xf32>, tensor<4x4xf32>, tensor<4x4xf32>, f32, f32, tensor<4xf32>
  }
}
// -----
// CASE: vectors
func.func @main(%x: f32, %v: vector<4xf32>, %m: memref<8xf32>, %i: index) -> (f32, f32, vector<4xf32>, vector<4xf32>, vector<4xf32>, vector<4xf32>) {
  %0 = vector.broadcast %x : f32 to vector<4xf32>
  %1 = vector.extract %0[2] : f32 from vector<4xf32>
  %2 = vector.insert %x, %v [1] : f32 into vector<4xf32>
  %3 = vector.extract %2[1] : f32 from vector<4xf32>
  %c = arith.constant 2.0 : f32
  %4 = vector.broadcast %c : f32 to vector<4xf32>
  %5 = vector.shape_cast %v : vector<4xf32> to vector<2x2xf32>
  %6 = vector.shape_cast %5 : vector<2x2xf32> to vector<4xf32>
  %four = arith.constant 4 : index
  %zero = arith.constant 0 : index
  %full = vector.create_mask %four : vector<4xi1>
  %none = vector.create_mask %zero : vector<4xi1>
  %7 = vector.maskedload %m[%i], %full, %v : memref<8xf32>, vector<4xi1>, vector<4xf32> into vector<4xf32>
  %8 = vector.maskedload %m[%i], %none, %v : memref<8xf32>, vector<4xi1>, vector<4xf32> into vector<4xf32>
  vector.maskedstore %m[%i], %none, %v : memref<8xf32>, vector<4xi1>, vector<4xf32>
  return %1, %3, %4, %6, %7, %8 : f32, f32, vector<4xf32>, vector<4xf32>, vector<4xf32>, vector<4xf32>
}
// AFTER
module {
  func.func @main(%x: f32, %v: vector<4xf32>, %m: memref<8xf32>, %i: index) -> (f32, f32, vector<4xf32>, vector<4xf32>, vector<4xf32>, vector<4xf32>) {
    %0 = arith.constant dense<2.0> : vector<4xf32>
    %1 = vector.load %m[%i] : memref<8xf32>, vector<4xf32>
    return %x, %x, %0, %v, %1, %v : f32, f32, vector<4xf32>, vector<4xf32>, vector<4xf32>, vector<4xf32>
  }
}
