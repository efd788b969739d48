// Loops over tensors and buffers whose bodies run in any order.
func.func @f(%n: index, %t: tensor<8xf32>, %u: tensor<?x4xf32>, %x: tensor<1xf32>, %y: tensor<1x4xf32>) -> (tensor<8xf32>, tensor<?x4xf32>) {
  %0 = scf.forall (%i) in (8) shared_outs(%o = %t) -> (tensor<8xf32>) {
    scf.forall.in_parallel {
      tensor.parallel_insert_slice %x into %o[%i] [1] [1] : tensor<1xf32> into tensor<8xf32>
    }
  }
  %1:2 = scf.forall (%i, %j) in (%n, 4) shared_outs(%o = %t, %p = %u) -> (tensor<8xf32>, tensor<?x4xf32>) {
    scf.forall.in_parallel {
      tensor.parallel_insert_slice %x into %o[%j] [1] [1] : tensor<1xf32> into tensor<8xf32>
      tensor.parallel_insert_slice %y into %p[%i, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<?x4xf32>
    }
  } {mapping = [#gpu.block<x>, #gpu.block<y>]}
  scf.forall (%i) = (%n) to (16) step (2) {
    "test.use"(%i) : (index) -> ()
  }
  scf.forall (%i, %j) = (0, 1) to (%n, 8) step (1, %n) {
  } {test.a}
  return %0, %1#1 : tensor<8xf32>, tensor<?x4xf32>
}
