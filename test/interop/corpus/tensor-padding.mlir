// Tensors with borders, and put together.
func.func @f(%t: tensor<4x?xf32>, %i: index, %zero: f32, %a: tensor<4xi8>, %b: tensor<?xi8>) {
  %0 = tensor.pad %t low[1, 2] high[0, %i] {
  ^bb0(%r: index, %c: index):
    tensor.yield %zero : f32
  } : tensor<4x?xf32> to tensor<5x?xf32>
  %1 = tensor.pad %t nofold low[%i, 0] high[%i, 0] {
  ^bb0(%r: index, %c: index):
    %2 = arith.index_cast %r : index to i32
    %3 = arith.sitofp %2 : i32 to f32
    tensor.yield %3 : f32
  } {test.a} : tensor<4x?xf32> to tensor<?x?xf32>
  %4 = tensor.concat dim(0) %a, %a : (tensor<4xi8>, tensor<4xi8>) -> tensor<8xi8>
  %5 = tensor.concat dim(0) %a, %b, %a {test.b} : (tensor<4xi8>, tensor<?xi8>, tensor<4xi8>) -> tensor<?xi8>
  return
}
