// Scalar types of every kind, as parameters, results and attributes.
func.func private @integers(i1, i2, i3, i7, i8, i16, i24, i32, i33, i64, i65, i128, i256, i1024, i16777215)
func.func private @signed(si1, si4, si8, si16, si32, si64, si128, ui1, ui4, ui8, ui16, ui32, ui64, ui128)
func.func private @floats(f16, bf16, f32, f64, tf32, f80, f128, f8E5M2, f8E4M3FN, f8E5M2FNUZ, f8E4M3FNUZ, f8E4M3B11FNUZ)
func.func private @others(index, none, complex<f32>, complex<i32>, tuple<>, tuple<i32>, tuple<i32, tuple<f32, none>>)
"test.types"() {a = i1, b = si8, c = ui3, d = f8E4M3FN, e = index, f = none, g = complex<f64>, h = tuple<i1, f32>, i = i129} : () -> ()
