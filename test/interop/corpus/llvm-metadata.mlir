// Debug information, aliasing and other metadata.
#file = #llvm.di_file<"a.c" in "/source">
#unit = #llvm.di_compile_unit<id = distinct[0]<>, sourceLanguage = DW_LANG_C, file = #file, producer = "compiler", isOptimized = true, emissionKind = Full>
#int = #llvm.di_basic_type<tag = DW_TAG_base_type, name = "int", sizeInBits = 32, encoding = DW_ATE_signed>
#signature = #llvm.di_subroutine_type<types = #int, #int>
#sub = #llvm.di_subprogram<id = distinct[1]<>, compileUnit = #unit, scope = #file, name = "f", file = #file, line = 1, scopeLine = 1, subprogramFlags = Definition, type = #signature>
#variable = #llvm.di_local_variable<scope = #sub, name = "x", file = #file, line = 2, type = #int>
#domain = #llvm.alias_scope_domain<id = distinct[2]<>, description = "domain">
#scope = #llvm.alias_scope<id = distinct[3]<>, domain = #domain>
#group = #llvm.access_group<id = distinct[4]<>>
#root = #llvm.tbaa_root<id = "root">
#type = #llvm.tbaa_type_desc<id = "int", members = {<#root, 0>}>
#tag = #llvm.tbaa_tag<base_type = #type, access_type = #type, offset = 0>
llvm.func @f(%p: !llvm.ptr, %x: i32) {
  llvm.intr.dbg.declare #variable = %p : !llvm.ptr
  llvm.intr.dbg.value #variable = %x : i32
  llvm.intr.experimental.noalias.scope.decl #scope
  %0 = llvm.load %p {access_groups = [#group], alias_scopes = [#scope], noalias_scopes = [#scope], tbaa = [#tag]} : !llvm.ptr -> i32
  llvm.store %0, %p {tbaa = [#tag]} : i32, !llvm.ptr
  llvm.return
} loc(fused<#sub>["a.c":1:1])
