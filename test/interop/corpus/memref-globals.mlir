// Buffers with names.
memref.global "private" constant @table : memref<2x2xf32> = dense<[[1.0, 2.0], [3.0, 4.0]]>
memref.global @uninitialized : memref<4xi8> = uninitialized
memref.global "private" @elsewhere : memref<16xf32>
memref.global "public" constant @aligned : memref<4xi32> = dense<7> {alignment = 64 : i64}
memref.global "nested" @spaced : memref<4xf32, 1> = dense<0.0>
memref.global constant @scalar : memref<i64> = dense<42>
func.func @f() -> memref<2x2xf32> {
  %0 = memref.get_global @table : memref<2x2xf32>
  %1 = memref.get_global @spaced : memref<4xf32, 1> {test.a}
  return %0 : memref<2x2xf32>
}
