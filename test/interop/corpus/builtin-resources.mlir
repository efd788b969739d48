// Elements in resources, with their bytes behind the module.
"test.resources"() {a = dense_resource<four_floats> : tensor<4xf32>, b = dense_resource<two_integers> : tensor<2xi64>} : () -> ()

{-#
  dialect_resources: {
    builtin: {
      four_floats: "0x400000000000803F000000400000404000008040",
      two_integers: "0x4000000001000000000000000200000000000000"
    }
  }
#-}
