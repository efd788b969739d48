// RUN: canonicalize
// CASE: sizes of an allocation
func.func @main(%i: index) -> index {
  %c4 = arith.constant 4 : index
  %m = memref.alloc(%c4, %i) : memref<?x?xf32>
  %c1 = arith.constant 1 : index
  %d = memref.dim %m, %c1 : memref<?x?xf32>
  %c0 = arith.constant 0 : index
  %e = memref.dim %m, %c0 : memref<?x?xf32>
  %s = arith.addi %d, %e : index
  return %s : index
}
// AFTER
module {
  func.func @main(%i: index) -> index {
    %c4 = arith.constant 4 : index
    %s = arith.addi %i, %c4 : index
    return %s : index
  }
}
// -----
// CASE: a view at constants
func.func @main(%m: memref<8x8xf32>, %x: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %v = memref.subview %m[%c0, %c0] [%c4, %c4] [%c1, %c1] : memref<8x8xf32> to memref<?x?xf32, strided<[?, ?], offset: ?>>
  memref.store %x, %v[%c0, %c0] : memref<?x?xf32, strided<[?, ?], offset: ?>>
  return
}
// AFTER
module {
  func.func @main(%m: memref<8x8xf32>, %x: f32) {
    %c0 = arith.constant 0 : index
    %0 = memref.subview %m[0, 0] [4, 4] [1, 1] : memref<8x8xf32> to memref<4x4xf32, strided<[8, 1]>>
    memref.store %x, %0[%c0, %c0] : memref<4x4xf32, strided<[8, 1]>>
    return
  }
}
// -----
// CASE: casts in a row
func.func private @usei(index)
func.func @main(%m: memref<8xf32>) -> f32 {
  %a = memref.cast %m : memref<8xf32> to memref<?xf32>
  %c0 = arith.constant 0 : index
  %d = memref.dim %a, %c0 : memref<?xf32>
  call @usei(%d) : (index) -> ()
  %b = memref.cast %a : memref<?xf32> to memref<*xf32>
  %c = memref.cast %b : memref<*xf32> to memref<8xf32>
  %x = memref.load %c[%c0] : memref<8xf32>
  return %x : f32
}
// AFTER
module {
  func.func private @usei(index)
  func.func @main(%m: memref<8xf32>) -> f32 {
    %c0 = arith.constant 0 : index
    %0 = arith.constant 8 : index
    call @usei(%0) : (index) -> ()
    %x = memref.load %m[%c0] : memref<8xf32>
    return %x : f32
  }
}
// -----
// CASE: a copy through casts
func.func @main(%m: memref<8xf32>, %n: memref<8xf32>) {
  %a = memref.cast %m : memref<8xf32> to memref<?xf32>
  %b = memref.cast %n : memref<8xf32> to memref<?xf32>
  memref.copy %a, %b : memref<?xf32> to memref<?xf32>
  return
}
// AFTER
module {
  func.func @main(%m: memref<8xf32>, %n: memref<8xf32>) {
    memref.copy %m, %n : memref<8xf32> to memref<8xf32>
    return
  }
}
// -----
// CASE: sizes and casts through casts
func.func @main(%t: tensor<8xf32>) -> (tensor<8xf32>, index) {
  %a = tensor.cast %t : tensor<8xf32> to tensor<?xf32>
  %b = tensor.cast %a : tensor<?xf32> to tensor<8xf32>
  %c0 = arith.constant 0 : index
  %d = tensor.dim %a, %c0 : tensor<?xf32>
  return %b, %d : tensor<8xf32>, index
}
// AFTER
module {
  func.func @main(%t: tensor<8xf32>) -> (tensor<8xf32>, index) {
    %0 = arith.constant 8 : index
    return %t, %0 : tensor<8xf32>, index
  }
}
// -----
// CASE: a slice at constants
func.func @main(%t: tensor<8x8xf32>) -> tensor<?x?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %v = tensor.extract_slice %t[%c0, %c0] [%c4, %c4] [%c1, %c1] : tensor<8x8xf32> to tensor<?x?xf32>
  return %v : tensor<?x?xf32>
}
// AFTER
module {
  func.func @main(%t: tensor<8x8xf32>) -> tensor<?x?xf32> {
    %0 = tensor.extract_slice %t[0, 0] [4, 4] [1, 1] : tensor<8x8xf32> to tensor<4x4xf32>
    %v = tensor.cast %0 : tensor<4x4xf32> to tensor<?x?xf32>
    return %v : tensor<?x?xf32>
  }
}
// -----
// CASE: an empty tensor of constant size
func.func @main() -> (tensor<?xf32>, index) {
  %c4 = arith.constant 4 : index
  %c0 = arith.constant 0 : index
  %e = tensor.empty(%c4) : tensor<?xf32>
  %d = tensor.dim %e, %c0 : tensor<?xf32>
  return %e, %d : tensor<?xf32>, index
}
// AFTER
module {
  func.func @main() -> (tensor<?xf32>, index) {
    %0 = arith.constant 4 : index
    %1 = tensor.empty() : tensor<4xf32>
    %e = tensor.cast %1 : tensor<4xf32> to tensor<?xf32>
    return %e, %0 : tensor<?xf32>, index
  }
}
// -----
// CASE: elements of constants
func.func @main(%x: f32, %y: f32) -> (f32, f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %t = tensor.from_elements %x, %y : tensor<2xf32>
  %a = tensor.extract %t[%c1] : tensor<2xf32>
  %k = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %b = tensor.extract %k[%c1] : tensor<2xf32>
  return %a, %b : f32, f32
}
// AFTER
module {
  func.func @main(%x: f32, %y: f32) -> (f32, f32) {
    %0 = arith.constant 2.0 : f32
    return %y, %0 : f32, f32
  }
}
// -----
// CASE: a structured copy
func.func @main(%a: tensor<4xf32>, %b: tensor<4xf32>) -> tensor<4xf32> {
  %r = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%a : tensor<4xf32>) outs(%b : tensor<4xf32>) {
  ^bb0(%x: f32, %y: f32):
    linalg.yield %x : f32
  } -> tensor<4xf32>
  return %r : tensor<4xf32>
}
// AFTER
module {
  func.func @main(%a: tensor<4xf32>, %b: tensor<4xf32>) -> tensor<4xf32> {
    return %a : tensor<4xf32>
  }
}
