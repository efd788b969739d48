// RUN: vectorize{vector-bytes=16 registers=16},linalg-to-loops,canonicalize,cse
// CASE: a loop over vectors, and what is left over
func.func @main(%x: memref<10xf32>, %y: memref<10xf32>) {
  linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%x : memref<10xf32>) outs(%y : memref<10xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.mulf %a, %a : f32
    linalg.yield %0 : f32
  }
  return
}
// AFTER
module {
  func.func @main(%x: memref<10xf32>, %y: memref<10xf32>) {
    %0 = arith.constant {anemone.nest = 0 : i64} 0 : index
    %1 = arith.constant {anemone.nest = 0 : i64} 10 : index
    %2 = arith.constant {anemone.nest = 0 : i64} 4 : index
    %3 = arith.constant {anemone.nest = 0 : i64} 6 : index
    scf.for %arg2 = %0 to %1 step %2 {
      %4 = arith.minsi %arg2, %3 : index
      %5 = vector.load %x[%4] : memref<10xf32>, vector<4xf32>
      %6 = arith.mulf %5, %5 : vector<4xf32>
      vector.store %6, %y[%4] : memref<10xf32>, vector<4xf32>
    } {anemone.nest = 0 : i64}
    return
  }
}
// -----
// CASE: in place no element is computed twice
func.func @main(%x: memref<10xf32>) {
  linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} outs(%x : memref<10xf32>) {
  ^bb0(%a: f32):
    %0 = arith.mulf %a, %a : f32
    linalg.yield %0 : f32
  }
  return
}
// AFTER
module {
  func.func @main(%x: memref<10xf32>) {
    %0 = arith.constant {anemone.nest = 0 : i64} 0 : index
    %1 = arith.constant {anemone.nest = 0 : i64} 8 : index
    %2 = arith.constant {anemone.nest = 0 : i64} 4 : index
    scf.for %arg1 = %0 to %1 step %2 {
      %5 = vector.load %x[%arg1] : memref<10xf32>, vector<4xf32>
      %6 = arith.mulf %5, %5 : vector<4xf32>
      vector.store %6, %x[%arg1] : memref<10xf32>, vector<4xf32>
    } {anemone.nest = 0 : i64}
    %3 = arith.constant {anemone.nest = 0 : i64} 10 : index
    %4 = arith.constant {anemone.nest = 0 : i64} 1 : index
    scf.for %arg1 = %1 to %3 step %4 {
      %5 = memref.load %x[%arg1] : memref<10xf32>
      %6 = arith.mulf %5, %5 : f32
      memref.store %6, %x[%arg1] : memref<10xf32>
    } {anemone.nest = 0 : i64}
    return
  }
}
// -----
// CASE: in place through an input that is the output
func.func @main(%x: memref<10xf32>) {
  linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%x : memref<10xf32>) outs(%x : memref<10xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.mulf %a, %a : f32
    linalg.yield %0 : f32
  }
  return
}
// AFTER
module {
  func.func @main(%x: memref<10xf32>) {
    %0 = arith.constant {anemone.nest = 0 : i64} 0 : index
    %1 = arith.constant {anemone.nest = 0 : i64} 8 : index
    %2 = arith.constant {anemone.nest = 0 : i64} 4 : index
    scf.for %arg1 = %0 to %1 step %2 {
      %5 = vector.load %x[%arg1] : memref<10xf32>, vector<4xf32>
      %6 = arith.mulf %5, %5 : vector<4xf32>
      vector.store %6, %x[%arg1] : memref<10xf32>, vector<4xf32>
    } {anemone.nest = 0 : i64}
    %3 = arith.constant {anemone.nest = 0 : i64} 10 : index
    %4 = arith.constant {anemone.nest = 0 : i64} 1 : index
    scf.for %arg1 = %1 to %3 step %4 {
      %5 = memref.load %x[%arg1] : memref<10xf32>
      %6 = arith.mulf %5, %5 : f32
      memref.store %6, %x[%arg1] : memref<10xf32>
    } {anemone.nest = 0 : i64}
    return
  }
}
// -----
// CASE: in place through two views of one place
func.func @main(%arena: memref<64xi8>) {
  %c0 = arith.constant 0 : index
  %x = memref.view %arena[%c0][] : memref<64xi8> to memref<10xf32>
  %y = memref.view %arena[%c0][] : memref<64xi8> to memref<10xf32>
  linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%x : memref<10xf32>) outs(%y : memref<10xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.mulf %a, %a : f32
    linalg.yield %0 : f32
  }
  return
}
// AFTER
module {
  func.func @main(%arena: memref<64xi8>) {
    %0 = arith.constant {anemone.nest = 0 : i64} 0 : index
    %1 = arith.constant {anemone.nest = 0 : i64} 8 : index
    %2 = arith.constant {anemone.nest = 0 : i64} 4 : index
    %3 = memref.view %arena[%0][] {anemone.nest = 0 : i64} : memref<64xi8> to memref<16xf32>
    scf.for %arg1 = %0 to %1 step %2 {
      %6 = vector.load %3[%arg1] : memref<16xf32>, vector<4xf32>
      %7 = arith.mulf %6, %6 : vector<4xf32>
      vector.store %7, %3[%arg1] : memref<16xf32>, vector<4xf32>
    } {anemone.nest = 0 : i64}
    %4 = arith.constant {anemone.nest = 0 : i64} 10 : index
    %5 = arith.constant {anemone.nest = 0 : i64} 1 : index
    scf.for %arg1 = %1 to %4 step %5 {
      %6 = memref.load %3[%arg1] : memref<16xf32>
      %7 = arith.mulf %6, %6 : f32
      memref.store %7, %3[%arg1] : memref<16xf32>
    } {anemone.nest = 0 : i64}
    return
  }
}
