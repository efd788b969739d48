// RUN: constant-fold,dce
// CASE: operations on constants are evaluated
func.func @main() -> tensor<3xf32> {
  %a = arith.constant dense<[1.0, -2.0, 3.0]> : tensor<3xf32>
  %b = arith.constant dense<2.0> : tensor<3xf32>
  %c = tensor.mul %a, %b : tensor<3xf32>, tensor<3xf32>
  %d = tensor.relu %c : tensor<3xf32>
  return %d : tensor<3xf32>
}
// AFTER
module {
  func.func @main() -> tensor<3xf32> {
    %d = arith.constant dense<[2.0, 0.0, 6.0]> : tensor<3xf32>
    return %d : tensor<3xf32>
  }
}
// -----
// CASE: a division by zero stays what the reference says
func.func @main() -> tensor<2xi32> {
  %a = arith.constant dense<[7, 8]> : tensor<2xi32>
  %b = arith.constant dense<[0, 3]> : tensor<2xi32>
  %c = tensor.div %a, %b : tensor<2xi32>, tensor<2xi32>
  return %c : tensor<2xi32>
}
// AFTER
module {
  func.func @main() -> tensor<2xi32> {
    %c = arith.constant dense<[0, 2]> : tensor<2xi32>
    return %c : tensor<2xi32>
  }
}
// -----
// CASE: integers wrap, comparisons give i1, conversions truncate
func.func @main() -> (tensor<2xi8>, tensor<2xi1>, tensor<3xi32>) {
  %a = arith.constant dense<[100, -100]> : tensor<2xi8>
  %b = arith.constant dense<[1.5, -1.5, 2.5]> : tensor<3xf32>
  %0 = tensor.add %a, %a : tensor<2xi8>, tensor<2xi8>
  %1 = tensor.greater %a, %0 : tensor<2xi8>, tensor<2xi8>
  %2 = tensor.convert %b : tensor<3xf32> to tensor<3xi32>
  return %0, %1, %2 : tensor<2xi8>, tensor<2xi1>, tensor<3xi32>
}
// AFTER
module {
  func.func @main() -> (tensor<2xi8>, tensor<2xi1>, tensor<3xi32>) {
    %0 = arith.constant dense<[-56, 56]> : tensor<2xi8>
    %1 = arith.constant dense<[true, false]> : tensor<2xi1>
    %2 = arith.constant dense<[1, -1, 2]> : tensor<3xi32>
    return %0, %1, %2 : tensor<2xi8>, tensor<2xi1>, tensor<3xi32>
  }
}
// -----
// CASE: what depends on an input stays
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %a = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %0 = tensor.exp %a : tensor<2xf32>
  %1 = tensor.mul %x, %0 : tensor<2xf32>, tensor<2xf32>
  return %1 : tensor<2xf32>
}
// AFTER
module {
  func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
    %0 = arith.constant dense<[2.7182817, 7.389056]> : tensor<2xf32>
    %1 = tensor.mul %x, %0 : tensor<2xf32>, tensor<2xf32>
    return %1 : tensor<2xf32>
  }
}
// -----
// CASE: large results stay symbolic
// RUN: constant-fold{max-elements=4},dce
func.func @main() -> tensor<2x3xf32> {
  %a = arith.constant dense<1.0> : tensor<3xf32>
  %0 = tensor.neg %a : tensor<3xf32>
  %1 = tensor.broadcast %0 : (tensor<3xf32>) -> tensor<2x3xf32>
  return %1 : tensor<2x3xf32>
}
// AFTER
module {
  func.func @main() -> tensor<2x3xf32> {
    %0 = arith.constant dense<-1.0> : tensor<3xf32>
    %1 = tensor.broadcast %0 : (tensor<3xf32>) -> tensor<2x3xf32>
    return %1 : tensor<2x3xf32>
  }
}
