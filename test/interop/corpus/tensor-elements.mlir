// Tensors made of elements and taken apart.
func.func @f(%t: tensor<4x?xf32>, %u: tensor<*xi8>, %i: index, %x: f32, %c: tensor<2xcomplex<f32>>) -> f32 {
  %0 = tensor.extract %t[%i, %i] : tensor<4x?xf32>
  %1 = tensor.insert %x into %t[%i, %i] : tensor<4x?xf32>
  %2 = tensor.from_elements %x, %0, %x, %x : tensor<2x2xf32>
  %3 = tensor.from_elements : tensor<0xi32>
  %4 = tensor.splat %x : tensor<4xf32>
  %5 = tensor.splat %x[%i, %i] : tensor<?x4x?xf32>
  %6 = tensor.empty() : tensor<4x4xf32>
  %7 = tensor.empty(%i) {test.a} : tensor<?x4xf32>
  %8 = tensor.generate %i {
  ^bb0(%a: index, %b: index):
    %9 = arith.addi %a, %b : index
    tensor.yield %9 : index
  } : tensor<?x4xindex>
  %10 = tensor.dim %t, %i : tensor<4x?xf32>
  %11 = tensor.dim %u, %i : tensor<*xi8>
  %12 = tensor.rank %u : tensor<*xi8>
  %13 = tensor.extract %c[%i] : tensor<2xcomplex<f32>>
  %14 = tensor.generate {
  ^bb0(%a: index):
    tensor.yield %x : f32
  } : tensor<4xf32>
  return %0 : f32
}
