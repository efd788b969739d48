/** The ops that the upstream dialects have in LLVM 19, by dialect: what "all of them" means. */
export const upstreamOperations: { readonly [dialect: string]: string } = {
  builtin: "module unrealized_conversion_cast",
  func: "call call_indirect constant func return",
  cf: "assert br cond_br switch",
  arith:
    "addf addi addui_extended andi bitcast ceildivsi ceildivui cmpf cmpi constant divf divsi divui extf extsi extui " +
    "floordivsi fptosi fptoui index_cast index_castui maximumf maxnumf maxsi maxui minimumf minnumf minsi minui " +
    "mulf muli mulsi_extended mului_extended negf ori remf remsi remui select shli shrsi shrui sitofp subf subi " +
    "truncf trunci uitofp xori",
  math:
    "absf absi acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh ctlz ctpop cttz erf exp exp2 " +
    "expm1 floor fma fpowi ipowi log log10 log1p log2 powf round roundeven rsqrt sin sinh sqrt tan tanh trunc",
  scf:
    "condition execute_region for forall forall.in_parallel if index_switch parallel reduce reduce.return while " +
    "yield",
  memref:
    "alloc alloca alloca_scope alloca_scope.return assume_alignment atomic_rmw atomic_yield cast collapse_shape " +
    "copy dealloc dim dma_start dma_wait expand_shape extract_aligned_pointer_as_index extract_strided_metadata " +
    "generic_atomic_rmw get_global global load memory_space_cast prefetch rank realloc reinterpret_cast reshape " +
    "store subview transpose view",
  vector:
    "bitcast broadcast compressstore constant_mask contract create_mask deinterleave expandload extract " +
    "extract_strided_slice extractelement flat_transpose fma from_elements gather insert insert_strided_slice " +
    "insertelement interleave load mask maskedload maskedstore matrix_multiply multi_reduction outerproduct print " +
    "reduction reshape scalable.extract scalable.insert scan scatter shape_cast shuffle splat step store " +
    "transfer_read transfer_write transpose type_cast vscale warp_execute_on_lane_0 yield",
  linalg:
    "abs add batch_matmul batch_matmul_transpose_a batch_matmul_transpose_b batch_matvec batch_mmt4d " +
    "batch_reduce_matmul batch_vecmat broadcast ceil conv_1d conv_1d_ncw_fcw conv_1d_nwc_wcf conv_2d " +
    "conv_2d_nchw_fchw conv_2d_ngchw_fgchw conv_2d_ngchw_gfchw conv_2d_ngchw_gfchw_q conv_2d_nhwc_fhwc " +
    "conv_2d_nhwc_fhwc_q conv_2d_nhwc_hwcf conv_2d_nhwc_hwcf_q conv_3d conv_3d_ncdhw_fcdhw conv_3d_ndhwc_dhwcf " +
    "conv_3d_ndhwc_dhwcf_q copy depthwise_conv_1d_ncw_cw depthwise_conv_1d_nwc_wc depthwise_conv_1d_nwc_wcm " +
    "depthwise_conv_2d_nchw_chw depthwise_conv_2d_nhwc_hwc depthwise_conv_2d_nhwc_hwc_q depthwise_conv_2d_nhwc_hwcm " +
    "depthwise_conv_2d_nhwc_hwcm_q depthwise_conv_3d_ncdhw_cdhw depthwise_conv_3d_ndhwc_dhwc " +
    "depthwise_conv_3d_ndhwc_dhwcm div div_unsigned dot elemwise_binary elemwise_unary erf exp fill fill_rng_2d " +
    "floor generic index log map matmul matmul_transpose_a matmul_transpose_b matvec max min mmt4d mul negf " +
    "pooling_nchw_max pooling_nchw_sum pooling_ncw_max pooling_ncw_sum pooling_ndhwc_max pooling_ndhwc_min " +
    "pooling_ndhwc_sum pooling_nhwc_max pooling_nhwc_max_unsigned pooling_nhwc_min pooling_nhwc_min_unsigned " +
    "pooling_nhwc_sum pooling_nwc_max pooling_nwc_max_unsigned pooling_nwc_min pooling_nwc_min_unsigned " +
    "pooling_nwc_sum powf quantized_batch_matmul quantized_matmul reciprocal reduce round rsqrt select softmax sqrt " +
    "square sub tanh transpose vecmat winograd_filter_transform winograd_input_transform winograd_output_transform " +
    "yield",
  llvm:
    "add addrspacecast alloca and ashr atomicrmw bitcast br call call_intrinsic cmpxchg comdat comdat_selector " +
    "cond_br extractelement extractvalue fadd fcmp fdiv fence fmul fneg fpext fptosi fptoui fptrunc freeze frem " +
    "fsub func getelementptr icmp inline_asm insertelement insertvalue intr.abs intr.annotation intr.assume " +
    "intr.bitreverse intr.bswap intr.ceil intr.copysign intr.coro.align intr.coro.begin intr.coro.end " +
    "intr.coro.free intr.coro.id intr.coro.promise intr.coro.resume intr.coro.save intr.coro.size intr.coro.suspend " +
    "intr.cos intr.ctlz intr.ctpop intr.cttz intr.dbg.declare intr.dbg.label intr.dbg.value intr.debugtrap " +
    "intr.eh.typeid.for intr.exp intr.exp2 intr.expect intr.expect.with.probability " +
    "intr.experimental.constrained.fptrunc intr.experimental.noalias.scope.decl intr.experimental.stepvector " +
    "intr.experimental.vp.strided.load intr.experimental.vp.strided.store intr.fabs intr.floor intr.fma " +
    "intr.fmuladd intr.fshl intr.fshr intr.get.active.lane.mask intr.invariant.end intr.invariant.start " +
    "intr.is.constant intr.is.fpclass intr.lifetime.end intr.lifetime.start intr.llrint intr.llround intr.log " +
    "intr.log10 intr.log2 intr.lrint intr.lround intr.masked.compressstore intr.masked.expandload " +
    "intr.masked.gather intr.masked.load intr.masked.scatter intr.masked.store intr.matrix.column.major.load " +
    "intr.matrix.column.major.store intr.matrix.multiply intr.matrix.transpose intr.maximum intr.maxnum intr.memcpy " +
    "intr.memcpy.inline intr.memmove intr.memset intr.minimum intr.minnum intr.nearbyint intr.pow intr.powi " +
    "intr.prefetch intr.ptr.annotation intr.rint intr.round intr.roundeven intr.sadd.sat intr.sadd.with.overflow " +
    "intr.sin intr.smax intr.smin intr.smul.with.overflow intr.sqrt intr.ssa.copy intr.sshl.sat intr.ssub.sat " +
    "intr.ssub.with.overflow intr.stackrestore intr.stacksave intr.threadlocal.address intr.trap intr.trunc " +
    "intr.uadd.sat intr.uadd.with.overflow intr.ubsantrap intr.umax intr.umin intr.umul.with.overflow intr.ushl.sat " +
    "intr.usub.sat intr.usub.with.overflow intr.vacopy intr.vaend intr.var.annotation intr.vastart " +
    "intr.vector.deinterleave2 intr.vector.extract intr.vector.insert intr.vector.interleave2 " +
    "intr.vector.reduce.add intr.vector.reduce.and intr.vector.reduce.fadd intr.vector.reduce.fmax " +
    "intr.vector.reduce.fmaximum intr.vector.reduce.fmin intr.vector.reduce.fminimum intr.vector.reduce.fmul " +
    "intr.vector.reduce.mul intr.vector.reduce.or intr.vector.reduce.smax intr.vector.reduce.smin " +
    "intr.vector.reduce.umax intr.vector.reduce.umin intr.vector.reduce.xor intr.vp.add intr.vp.and intr.vp.ashr " +
    "intr.vp.fadd intr.vp.fdiv intr.vp.fma intr.vp.fmul intr.vp.fmuladd intr.vp.fneg intr.vp.fpext intr.vp.fptosi " +
    "intr.vp.fptoui intr.vp.fptrunc intr.vp.frem intr.vp.fsub intr.vp.inttoptr intr.vp.load intr.vp.lshr " +
    "intr.vp.merge intr.vp.mul intr.vp.or intr.vp.ptrtoint intr.vp.reduce.add intr.vp.reduce.and " +
    "intr.vp.reduce.fadd intr.vp.reduce.fmax intr.vp.reduce.fmin intr.vp.reduce.fmul intr.vp.reduce.mul " +
    "intr.vp.reduce.or intr.vp.reduce.smax intr.vp.reduce.smin intr.vp.reduce.umax intr.vp.reduce.umin " +
    "intr.vp.reduce.xor intr.vp.sdiv intr.vp.select intr.vp.sext intr.vp.shl intr.vp.sitofp intr.vp.srem " +
    "intr.vp.store intr.vp.sub intr.vp.trunc intr.vp.udiv intr.vp.uitofp intr.vp.urem intr.vp.xor intr.vp.zext " +
    "intr.vscale inttoptr invoke landingpad linker_options load lshr mlir.addressof mlir.constant mlir.global " +
    "mlir.global_ctors mlir.global_dtors mlir.none mlir.poison mlir.undef mlir.zero mul or ptrtoint resume return " +
    "sdiv select sext shl shufflevector sitofp srem store sub switch trunc udiv uitofp unreachable urem xor zext",
  tensor:
    "bitcast cast collapse_shape concat dim empty expand_shape extract extract_slice from_elements gather generate " +
    "insert insert_slice pack pad parallel_insert_slice rank reshape scatter splat unpack yield",
};
