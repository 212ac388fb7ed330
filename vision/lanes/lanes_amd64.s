#include "textflag.h"

// No fused multiply-adds: the results are those of lanes.go.

DATA share<>+0(SB)/4, $0.0625
DATA share<>+4(SB)/4, $0.25
DATA share<>+8(SB)/4, $0.375
GLOBL share<>(SB), RODATA|NOPTR, $12

DATA count<>+0(SB)/4, $0
DATA count<>+4(SB)/4, $1
DATA count<>+8(SB)/4, $2
DATA count<>+12(SB)/4, $3
DATA count<>+16(SB)/4, $4
DATA count<>+20(SB)/4, $5
DATA count<>+24(SB)/4, $6
DATA count<>+28(SB)/4, $7
DATA count<>+32(SB)/4, $8
GLOBL count<>(SB), RODATA|NOPTR, $36

DATA one<>+0(SB)/4, $1.0
GLOBL one<>(SB), RODATA|NOPTR, $4

DATA half<>+0(SB)/4, $0.5
GLOBL half<>(SB), RODATA|NOPTR, $4

DATA third<>+0(SB)/4, $0x3eaaaaab
GLOBL third<>(SB), RODATA|NOPTR, $4

// Which bytes of eight pixels, R G B R G B and so on, are red: the first four
// pixels are taken from bytes 0 to 15, the others from bytes 8 to 23.
DATA reds<>+0(SB)/8, $0xffffff03ffffff00
DATA reds<>+8(SB)/8, $0xffffff09ffffff06
DATA reds<>+16(SB)/8, $0xffffff07ffffff04
DATA reds<>+24(SB)/8, $0xffffff0dffffff0a
GLOBL reds<>(SB), RODATA|NOPTR, $32

DATA greens<>+0(SB)/8, $0xffffff04ffffff01
DATA greens<>+8(SB)/8, $0xffffff0affffff07
DATA greens<>+16(SB)/8, $0xffffff08ffffff05
DATA greens<>+24(SB)/8, $0xffffff0effffff0b
GLOBL greens<>(SB), RODATA|NOPTR, $32

DATA blues<>+0(SB)/8, $0xffffff05ffffff02
DATA blues<>+8(SB)/8, $0xffffff0bffffff08
DATA blues<>+16(SB)/8, $0xffffff09ffffff06
DATA blues<>+24(SB)/8, $0xffffff0fffffff0c
GLOBL blues<>(SB), RODATA|NOPTR, $32

// func weigh8(out, a, b, c, d, e *float32, n int)
TEXT ·weigh8(SB), NOSPLIT, $0-56
	MOVQ out+0(FP), DI
	MOVQ a+8(FP), R8
	MOVQ b+16(FP), R9
	MOVQ c+24(FP), R10
	MOVQ d+32(FP), R11
	MOVQ e+40(FP), R12
	MOVQ n+48(FP), CX
	VBROADCASTSS share<>+0(SB), Y5
	VBROADCASTSS share<>+4(SB), Y6
	VBROADCASTSS share<>+8(SB), Y7
	XORQ AX, AX

weigh:
	VMOVUPS (R8)(AX*4), Y0
	VADDPS  (R12)(AX*4), Y0, Y0
	VMULPS  Y5, Y0, Y0
	VMOVUPS (R9)(AX*4), Y1
	VADDPS  (R11)(AX*4), Y1, Y1
	VMULPS  Y6, Y1, Y1
	VMULPS  (R10)(AX*4), Y7, Y2
	VADDPS  Y1, Y0, Y0
	VADDPS  Y2, Y0, Y0
	VMOVUPS Y0, (DI)(AX*4)
	ADDQ    $8, AX
	CMPQ    AX, CX
	JLT     weigh
	VZEROUPPER
	RET

// func box8(out, in *float32, n, taps int, k float32)
TEXT ·box8(SB), NOSPLIT, $0-36
	MOVQ out+0(FP), DI
	MOVQ in+8(FP), SI
	MOVQ n+16(FP), CX
	MOVQ taps+24(FP), DX
	VBROADCASTSS k+32(FP), Y7

box:
	CMPQ   CX, $32
	JLT    boxFew
	MOVQ   SI, R8
	MOVQ   DX, R9
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3

boxTap:
	VADDPS (R8), Y0, Y0
	VADDPS 32(R8), Y1, Y1
	VADDPS 64(R8), Y2, Y2
	VADDPS 96(R8), Y3, Y3
	ADDQ   $4, R8
	DECQ   R9
	JNZ    boxTap
	VMULPS Y7, Y0, Y0
	VMULPS Y7, Y1, Y1
	VMULPS Y7, Y2, Y2
	VMULPS Y7, Y3, Y3
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	VMOVUPS Y2, 64(DI)
	VMOVUPS Y3, 96(DI)
	ADDQ   $128, DI
	ADDQ   $128, SI
	SUBQ   $32, CX
	JMP    box

boxFew:
	TESTQ  CX, CX
	JLE    boxEnd
	MOVQ   SI, R8
	MOVQ   DX, R9
	VXORPS Y0, Y0, Y0

boxFewTap:
	VADDPS (R8), Y0, Y0
	ADDQ   $4, R8
	DECQ   R9
	JNZ    boxFewTap
	VMULPS Y7, Y0, Y0
	VMOVUPS Y0, (DI)
	ADDQ   $32, DI
	ADDQ   $32, SI
	SUBQ   $8, CX
	JMP    boxFew

boxEnd:
	VZEROUPPER
	RET

// func slide8(out, in, sum, kept *float32, n int, k float32)
TEXT ·slide8(SB), NOSPLIT, $0-44
	MOVQ out+0(FP), DI
	MOVQ in+8(FP), SI
	MOVQ sum+16(FP), R8
	MOVQ kept+24(FP), R9
	MOVQ n+32(FP), CX
	VBROADCASTSS k+40(FP), Y7
	XORQ AX, AX

slide:
	VMOVUPS (SI)(AX*4), Y0
	VSUBPS  (R9)(AX*4), Y0, Y1
	VADDPS  (R8)(AX*4), Y1, Y1
	VMOVUPS Y0, (R9)(AX*4)
	VMOVUPS Y1, (R8)(AX*4)
	VMULPS  Y7, Y1, Y1
	VMOVUPS Y1, (DI)(AX*4)
	ADDQ    $8, AX
	CMPQ    AX, CX
	JLT     slide
	VZEROUPPER
	RET

// func add8(out, a *float32, n int, k float32)
TEXT ·add8(SB), NOSPLIT, $0-28
	MOVQ out+0(FP), DI
	MOVQ a+8(FP), SI
	MOVQ n+16(FP), CX
	VBROADCASTSS k+24(FP), Y7
	XORQ AX, AX

add:
	VMULPS  (SI)(AX*4), Y7, Y0
	VADDPS  (DI)(AX*4), Y0, Y0
	VMOVUPS Y0, (DI)(AX*4)
	ADDQ    $8, AX
	CMPQ    AX, CX
	JLT     add
	VZEROUPPER
	RET

// func multiply8(out, a, b *float32, n int)
TEXT ·multiply8(SB), NOSPLIT, $0-32
	MOVQ out+0(FP), DI
	MOVQ a+8(FP), R8
	MOVQ b+16(FP), R9
	MOVQ n+24(FP), CX
	XORQ AX, AX

multiply:
	VMOVUPS (R8)(AX*4), Y0
	VMULPS  (R9)(AX*4), Y0, Y0
	VMOVUPS Y0, (DI)(AX*4)
	ADDQ    $8, AX
	CMPQ    AX, CX
	JLT     multiply
	VZEROUPPER
	RET

// func line8(out *float32, n int, from, step float32)
TEXT ·line8(SB), NOSPLIT, $0-24
	MOVQ out+0(FP), DI
	MOVQ n+8(FP), CX
	VBROADCASTSS from+16(FP), Y6
	VBROADCASTSS step+20(FP), Y7
	VMOVDQU      count<>+0(SB), Y0
	VPBROADCASTD count<>+32(SB), Y1
	XORQ AX, AX

line:
	VCVTDQ2PS Y0, Y2
	VMULPS    Y7, Y2, Y2
	VADDPS    Y6, Y2, Y2
	VMOVUPS   Y2, (DI)(AX*4)
	VPADDD    Y1, Y0, Y0
	ADDQ      $8, AX
	CMPQ      AX, CX
	JLT       line
	VZEROUPPER
	RET

// func relative8(out, seen, want *float32, n int, gain, least float32)
TEXT ·relative8(SB), NOSPLIT, $0-40
	MOVQ out+0(FP), DI
	MOVQ seen+8(FP), R8
	MOVQ want+16(FP), R9
	MOVQ n+24(FP), CX
	VBROADCASTSS gain+32(FP), Y6
	VBROADCASTSS least+36(FP), Y7
	VBROADCASTSS one<>(SB), Y5
	XORQ AX, AX

relative:
	VMOVUPS (R9)(AX*4), Y1
	VCMPPS  $13, Y7, Y1, Y2 // want >= least
	VMULPS  (R8)(AX*4), Y6, Y0
	VDIVPS  Y1, Y0, Y0
	VSUBPS  Y5, Y0, Y0
	VANDPS  Y2, Y0, Y0
	VMOVUPS Y0, (DI)(AX*4)
	ADDQ    $8, AX
	CMPQ    AX, CX
	JLT     relative
	VZEROUPPER
	RET

// func beyond8(v *float32, n int, limit float32) int
TEXT ·beyond8(SB), NOSPLIT, $0-32
	MOVQ v+0(FP), SI
	MOVQ n+8(FP), CX
	VBROADCASTSS limit+16(FP), Y7
	VPCMPEQD Y6, Y6, Y6
	VPSRLD   $1, Y6, Y6 // all but the sign
	XORQ AX, AX

beyondMany: // 32 at a time as long as there is none among them
	LEAQ      32(AX), DX
	CMPQ      DX, CX
	JGT       beyond
	VANDPS    (SI)(AX*4), Y6, Y0
	VANDPS    32(SI)(AX*4), Y6, Y1
	VANDPS    64(SI)(AX*4), Y6, Y2
	VANDPS    96(SI)(AX*4), Y6, Y3
	VCMPPS    $14, Y7, Y0, Y0
	VCMPPS    $14, Y7, Y1, Y1
	VCMPPS    $14, Y7, Y2, Y2
	VCMPPS    $14, Y7, Y3, Y3
	VORPS     Y1, Y0, Y0
	VORPS     Y3, Y2, Y2
	VORPS     Y2, Y0, Y0
	VMOVMSKPS Y0, R8
	TESTL     R8, R8
	JNZ       beyond
	MOVQ      DX, AX
	JMP       beyondMany

beyond:
	CMPQ      AX, CX
	JGE       none
	VANDPS    (SI)(AX*4), Y6, Y0
	VCMPPS    $14, Y7, Y0, Y0 // > limit
	VMOVMSKPS Y0, DX
	TESTL     DX, DX
	JNZ       found
	ADDQ      $8, AX
	JMP       beyond

found:
	BSFL DX, DX
	ADDQ DX, AX

none:
	MOVQ AX, ret+24(FP)
	VZEROUPPER
	RET

// func strokes8(out, in *float32, n int, strokes *int, many, taps int, k float32)
//
// 32 numbers at a time, so that each place is fetched once for four lanes. The first
// place of a stroke is taken as it is: 0 added to it would change no more than the
// sign of a zero, and a zero is never the strongest.
TEXT ·strokes8(SB), NOSPLIT, $0-52
	MOVQ out+0(FP), DI
	MOVQ in+8(FP), SI
	MOVQ n+16(FP), CX
	MOVQ strokes+24(FP), R8
	MOVQ many+32(FP), R9
	MOVQ taps+40(FP), R10
	VBROADCASTSS k+48(FP), Y15
	VPCMPEQD Y14, Y14, Y14
	VPSRLD   $1, Y14, Y14 // all but the sign
	DECQ R10

strokes:
	CMPQ   CX, $32
	JLT    strokesFew
	VXORPS Y0, Y0, Y0 // the strongest
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	MOVQ   R8, R11
	MOVQ   R9, R12

stroke:
	MOVQ    (R11), BX
	ADDQ    $8, R11
	VMOVUPS (SI)(BX*4), Y4
	VMOVUPS 32(SI)(BX*4), Y5
	VMOVUPS 64(SI)(BX*4), Y6
	VMOVUPS 96(SI)(BX*4), Y7
	MOVQ    R10, DX
	TESTQ   DX, DX
	JZ      strokeDone

strokeTap:
	MOVQ   (R11), BX
	ADDQ   $8, R11
	VADDPS (SI)(BX*4), Y4, Y4
	VADDPS 32(SI)(BX*4), Y5, Y5
	VADDPS 64(SI)(BX*4), Y6, Y6
	VADDPS 96(SI)(BX*4), Y7, Y7
	DECQ   DX
	JNZ    strokeTap

strokeDone:
	VMULPS Y15, Y4, Y4
	VMULPS Y15, Y5, Y5
	VMULPS Y15, Y6, Y6
	VMULPS Y15, Y7, Y7
	VANDPS Y14, Y4, Y8
	VANDPS Y14, Y0, Y9
	VCMPPS $14, Y9, Y8, Y8 // > the strongest
	VBLENDVPS Y8, Y4, Y0, Y0
	VANDPS Y14, Y5, Y8
	VANDPS Y14, Y1, Y9
	VCMPPS $14, Y9, Y8, Y8
	VBLENDVPS Y8, Y5, Y1, Y1
	VANDPS Y14, Y6, Y8
	VANDPS Y14, Y2, Y9
	VCMPPS $14, Y9, Y8, Y8
	VBLENDVPS Y8, Y6, Y2, Y2
	VANDPS Y14, Y7, Y8
	VANDPS Y14, Y3, Y9
	VCMPPS $14, Y9, Y8, Y8
	VBLENDVPS Y8, Y7, Y3, Y3
	DECQ   R12
	JNZ    stroke
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	VMOVUPS Y2, 64(DI)
	VMOVUPS Y3, 96(DI)
	ADDQ   $128, DI
	ADDQ   $128, SI
	SUBQ   $32, CX
	JMP    strokes

strokesFew:
	TESTQ  CX, CX
	JLE    strokesEnd
	VXORPS Y0, Y0, Y0
	MOVQ   R8, R11
	MOVQ   R9, R12

strokeFew:
	MOVQ    (R11), BX
	ADDQ    $8, R11
	VMOVUPS (SI)(BX*4), Y4
	MOVQ    R10, DX
	TESTQ   DX, DX
	JZ      strokeFewDone

strokeFewTap:
	MOVQ   (R11), BX
	ADDQ   $8, R11
	VADDPS (SI)(BX*4), Y4, Y4
	DECQ   DX
	JNZ    strokeFewTap

strokeFewDone:
	VMULPS Y15, Y4, Y4
	VANDPS Y14, Y4, Y8
	VANDPS Y14, Y0, Y9
	VCMPPS $14, Y9, Y8, Y8
	VBLENDVPS Y8, Y4, Y0, Y0
	DECQ   R12
	JNZ    strokeFew
	VMOVUPS Y0, (DI)
	ADDQ   $32, DI
	ADDQ   $32, SI
	SUBQ   $8, CX
	JMP    strokesFew

strokesEnd:
	VZEROUPPER
	RET

// func look8(out, xs, ys, picture *float32, n, side int, last float32)
TEXT ·look8(SB), NOSPLIT, $0-52
	MOVQ out+0(FP), DI
	MOVQ xs+8(FP), R8
	MOVQ ys+16(FP), R9
	MOVQ picture+24(FP), SI
	MOVQ n+32(FP), CX
	MOVQ side+40(FP), DX
	VBROADCASTSS last+48(FP), Y15
	VPBROADCASTD side+40(FP), Y14
	VXORPS Y13, Y13, Y13
	LEAQ (SI)(DX*4), R10 // the row below
	XORQ AX, AX

look:
	VMOVUPS (R8)(AX*4), Y0
	VMAXPS  Y13, Y0, Y0 // what is no number becomes 0
	VMINPS  Y15, Y0, Y0
	VMOVUPS (R9)(AX*4), Y1
	VMAXPS  Y13, Y1, Y1
	VMINPS  Y15, Y1, Y1
	VCVTTPS2DQ Y0, Y2
	VCVTTPS2DQ Y1, Y3
	VCVTDQ2PS  Y2, Y4
	VCVTDQ2PS  Y3, Y5
	VSUBPS  Y4, Y0, Y0 // fx
	VSUBPS  Y5, Y1, Y1 // fy
	VPMULLD Y14, Y3, Y3
	VPADDD  Y2, Y3, Y3

	// Pairs of neighbours are fetched at once, places 0, 1, 4, 5 and 2, 3, 6, 7,
	// so that they come apart in order.
	VPERMQ  $0xD8, Y3, Y3
	VEXTRACTI128 $1, Y3, X4
	VPCMPEQD Y5, Y5, Y5
	VGATHERDPD Y5, (SI)(X3*4), Y6
	VPCMPEQD Y5, Y5, Y5
	VGATHERDPD Y5, (SI)(X4*4), Y7
	VPCMPEQD Y5, Y5, Y5
	VGATHERDPD Y5, (R10)(X3*4), Y8
	VPCMPEQD Y5, Y5, Y5
	VGATHERDPD Y5, (R10)(X4*4), Y9
	VSHUFPS $0x88, Y7, Y6, Y10
	VSHUFPS $0xDD, Y7, Y6, Y11
	VSUBPS  Y10, Y11, Y11
	VMULPS  Y0, Y11, Y11
	VADDPS  Y10, Y11, Y10 // top
	VSHUFPS $0x88, Y9, Y8, Y11
	VSHUFPS $0xDD, Y9, Y8, Y12
	VSUBPS  Y11, Y12, Y12
	VMULPS  Y0, Y12, Y12
	VADDPS  Y11, Y12, Y11 // low
	VSUBPS  Y10, Y11, Y11
	VMULPS  Y1, Y11, Y11
	VADDPS  Y10, Y11, Y11
	VMOVUPS Y11, (DI)(AX*4)
	ADDQ    $8, AX
	CMPQ    AX, CX
	JLT     look
	VZEROUPPER
	RET

// func dot8(a, b *float32, n int) float64
TEXT ·dot8(SB), NOSPLIT, $0-32
	MOVQ a+0(FP), R8
	MOVQ b+8(FP), R9
	MOVQ n+16(FP), CX
	VXORPD Y4, Y4, Y4
	VXORPD Y5, Y5, Y5
	XORQ AX, AX

dot:
	VMOVUPS (R8)(AX*4), Y0
	VMULPS  (R9)(AX*4), Y0, Y0
	VEXTRACTF128 $1, Y0, X1
	VCVTPS2PD X0, Y2
	VCVTPS2PD X1, Y3
	VADDPD  Y2, Y4, Y4
	VADDPD  Y3, Y5, Y5
	ADDQ    $8, AX
	CMPQ    AX, CX
	JLT     dot
	VADDPD  Y5, Y4, Y4
	VEXTRACTF128 $1, Y4, X5
	VADDPD  X5, X4, X4
	VPERMILPD $1, X4, X5
	VADDSD  X5, X4, X4
	VMOVSD  X4, ret+24(FP)
	VZEROUPPER
	RET

// Of the same, red and green as two words of each pixel.
DATA redsGreens<>+0(SB)/8, $0xff04ff03ff01ff00
DATA redsGreens<>+8(SB)/8, $0xff0aff09ff07ff06
DATA redsGreens<>+16(SB)/8, $0xff08ff07ff05ff04
DATA redsGreens<>+24(SB)/8, $0xff0eff0dff0bff0a
GLOBL redsGreens<>(SB), RODATA|NOPTR, $32

// Two pixels and the two behind them, R G B, each channel's bytes beside each other.
DATA pairs<>+0(SB)/8, $0x0906050204010300
DATA pairs<>+8(SB)/8, $0xffffffff0b080a07
DATA pairs<>+16(SB)/8, $0x0906050204010300
DATA pairs<>+24(SB)/8, $0xffffffff0b080a07
GLOBL pairs<>(SB), RODATA|NOPTR, $32

// The lowest byte of every number.
DATA lowest<>+0(SB)/8, $0xffffffff0c080400
DATA lowest<>+8(SB)/8, $0xffffffffffffffff
DATA lowest<>+16(SB)/8, $0xffffffff0c080400
DATA lowest<>+24(SB)/8, $0xffffffffffffffff
GLOBL lowest<>(SB), RODATA|NOPTR, $32

// The weights of red and green, and of blue, in 256 parts of grey.
DATA greyShare<>+0(SB)/4, $0x0096004d
DATA greyShare<>+4(SB)/4, $0x0000001d
GLOBL greyShare<>(SB), RODATA|NOPTR, $8

// func mean8(out *float32, rgb *byte, n int)
TEXT ·mean8(SB), NOSPLIT, $0-24
	MOVQ out+0(FP), DI
	MOVQ rgb+8(FP), SI
	MOVQ n+16(FP), CX
	VMOVDQU reds<>(SB), Y4
	VMOVDQU greens<>(SB), Y5
	VMOVDQU blues<>(SB), Y6
	VBROADCASTSS third<>(SB), Y7
	XORQ AX, AX

mean:
	VMOVDQU     (SI), X0
	VINSERTI128 $1, 8(SI), Y0, Y0
	VPSHUFB     Y4, Y0, Y1
	VPSHUFB     Y5, Y0, Y2
	VPSHUFB     Y6, Y0, Y3
	VPADDD      Y2, Y1, Y1 // up to 765: exact, as it would be in floats
	VPADDD      Y3, Y1, Y1
	VCVTDQ2PS   Y1, Y1
	VMULPS      Y7, Y1, Y1
	VMOVUPS     Y1, (DI)(AX*4)
	ADDQ        $24, SI
	ADDQ        $8, AX
	CMPQ        AX, CX
	JLT         mean
	VZEROUPPER
	RET

// func project8(out *float32, rgb *byte, n int, red, green, blue, zero float32)
TEXT ·project8(SB), NOSPLIT, $0-40
	MOVQ out+0(FP), DI
	MOVQ rgb+8(FP), SI
	MOVQ n+16(FP), CX
	VMOVDQU reds<>(SB), Y4
	VMOVDQU greens<>(SB), Y5
	VMOVDQU blues<>(SB), Y6
	VBROADCASTSS red+24(FP), Y8
	VBROADCASTSS green+28(FP), Y9
	VBROADCASTSS blue+32(FP), Y10
	VBROADCASTSS zero+36(FP), Y11
	XORQ AX, AX

project:
	VMOVDQU     (SI), X0
	VINSERTI128 $1, 8(SI), Y0, Y0
	VPSHUFB     Y4, Y0, Y1
	VPSHUFB     Y5, Y0, Y2
	VPSHUFB     Y6, Y0, Y3
	VCVTDQ2PS   Y1, Y1
	VCVTDQ2PS   Y2, Y2
	VCVTDQ2PS   Y3, Y3
	VMULPS      Y8, Y1, Y1
	VMULPS      Y9, Y2, Y2
	VMULPS      Y10, Y3, Y3
	VADDPS      Y2, Y1, Y1
	VADDPS      Y3, Y1, Y1
	VSUBPS      Y11, Y1, Y1
	VMOVUPS     Y1, (DI)(AX*4)
	ADDQ        $24, SI
	ADDQ        $8, AX
	CMPQ        AX, CX
	JLT         project
	VZEROUPPER
	RET

// func fall8(at, before, here, cos, sin, picture *float32, n, side int, x, y, from, step, limit, level, last float32)
TEXT ·fall8(SB), NOSPLIT, $0-92
	MOVQ at+0(FP), R8
	MOVQ before+8(FP), R9
	MOVQ here+16(FP), R10
	MOVQ cos+24(FP), R11
	MOVQ sin+32(FP), R12
	MOVQ picture+40(FP), SI
	MOVQ n+48(FP), CX
	MOVQ side+56(FP), DX
	LEAQ (SI)(DX*4), R13 // the row below
	VBROADCASTSS last+88(FP), Y15
	XORQ AX, AX

fall:
	VMOVUPS  (R11)(AX*4), Y14
	VMOVUPS  (R12)(AX*4), Y13
	VBROADCASTSS from+72(FP), Y12
	VPCMPEQD Y9, Y9, Y9 // who has not fallen yet
	XORQ     BX, BX     // steps

fallStep:
	// The places, held within the picture, and what is seen there, as in look8.
	VBROADCASTSS half<>(SB), Y8
	VXORPS       Y10, Y10, Y10
	VMULPS       Y14, Y12, Y0
	VBROADCASTSS x+64(FP), Y2
	VADDPS       Y2, Y0, Y0
	VSUBPS       Y8, Y0, Y0
	VMAXPS       Y10, Y0, Y0
	VMINPS       Y15, Y0, Y0
	VMULPS       Y13, Y12, Y1
	VBROADCASTSS y+68(FP), Y2
	VADDPS       Y2, Y1, Y1
	VSUBPS       Y8, Y1, Y1
	VMAXPS       Y10, Y1, Y1
	VMINPS       Y15, Y1, Y1
	VCVTTPS2DQ   Y0, Y2
	VCVTTPS2DQ   Y1, Y3
	VCVTDQ2PS    Y2, Y4
	VCVTDQ2PS    Y3, Y5
	VSUBPS       Y4, Y0, Y0 // fx
	VSUBPS       Y5, Y1, Y1 // fy
	VPBROADCASTD side+56(FP), Y8
	VPMULLD      Y8, Y3, Y3
	VPADDD       Y2, Y3, Y3
	VPERMQ       $0xD8, Y3, Y3
	VEXTRACTI128 $1, Y3, X4
	VPCMPEQD     Y5, Y5, Y5
	VGATHERDPD   Y5, (SI)(X3*4), Y6
	VPCMPEQD     Y5, Y5, Y5
	VGATHERDPD   Y5, (SI)(X4*4), Y7
	VSHUFPS      $0x88, Y7, Y6, Y10
	VSHUFPS      $0xDD, Y7, Y6, Y2
	VSUBPS       Y10, Y2, Y2
	VMULPS       Y0, Y2, Y2
	VADDPS       Y10, Y2, Y10 // top
	VPCMPEQD     Y5, Y5, Y5
	VGATHERDPD   Y5, (R13)(X3*4), Y6
	VPCMPEQD     Y5, Y5, Y5
	VGATHERDPD   Y5, (R13)(X4*4), Y7
	VSHUFPS      $0x88, Y7, Y6, Y8
	VSHUFPS      $0xDD, Y7, Y6, Y2
	VSUBPS       Y8, Y2, Y2
	VMULPS       Y0, Y2, Y2
	VADDPS       Y8, Y2, Y2 // low
	VSUBPS       Y10, Y2, Y2
	VMULPS       Y1, Y2, Y2
	VADDPS       Y10, Y2, Y2

	TESTQ BX, BX
	JZ    fallOn // at from itself nothing falls
	VBROADCASTSS level+84(FP), Y8
	VCMPPS       $1, Y8, Y2, Y3 // < level
	VANDPS       Y9, Y3, Y3
	VMOVMSKPS    Y3, DX
	TESTL        DX, DX
	JZ           fallOn
	VMASKMOVPS   Y12, Y3, (R8)(AX*4)
	VMASKMOVPS   Y11, Y3, (R9)(AX*4)
	VMASKMOVPS   Y2, Y3, (R10)(AX*4)
	VANDNPS      Y9, Y3, Y9
	VMOVMSKPS    Y9, DX
	TESTL        DX, DX
	JZ           fallNext

fallOn:
	VMOVAPS      Y2, Y11
	INCQ         BX
	VBROADCASTSS step+76(FP), Y8
	VADDPS       Y8, Y12, Y12
	VUCOMISS     limit+80(FP), X12
	JLS          fallStep // not above limit

fallNext:
	ADDQ $8, AX
	CMPQ AX, CX
	JLT  fall
	VZEROUPPER
	RET

// func grey8(out, rgb *byte, n int)
TEXT ·grey8(SB), NOSPLIT, $0-24
	MOVQ out+0(FP), DI
	MOVQ rgb+8(FP), SI
	MOVQ n+16(FP), CX
	VMOVDQU redsGreens<>(SB), Y4
	VMOVDQU blues<>(SB), Y5
	VMOVDQU lowest<>(SB), Y6
	VPBROADCASTD greyShare<>+0(SB), Y7
	VPBROADCASTD greyShare<>+4(SB), Y8
	XORQ AX, AX

grey:
	VMOVDQU      (SI), X0
	VINSERTI128  $1, 8(SI), Y0, Y0
	VPSHUFB      Y4, Y0, Y1
	VPSHUFB      Y5, Y0, Y2
	VPMADDWD     Y7, Y1, Y1
	VPMADDWD     Y8, Y2, Y2
	VPADDD       Y2, Y1, Y1
	VPSRLD       $8, Y1, Y1
	VPSHUFB      Y6, Y1, Y1
	VEXTRACTI128 $1, Y1, X2
	VPUNPCKLDQ   X2, X1, X1
	VMOVQ        X1, (DI)(AX*1)
	ADDQ         $24, SI
	ADDQ         $8, AX
	CMPQ         AX, CX
	JLT          grey
	VZEROUPPER
	RET

// func apart8(out, a, b *byte, n int)
TEXT ·apart8(SB), NOSPLIT, $0-32
	MOVQ out+0(FP), DI
	MOVQ a+8(FP), SI
	MOVQ b+16(FP), BX
	MOVQ n+24(FP), CX
	VMOVDQU reds<>(SB), Y4
	VMOVDQU greens<>(SB), Y5
	VMOVDQU blues<>(SB), Y6
	VMOVDQU lowest<>(SB), Y7
	XORQ AX, AX

apart:
	VMOVDQU      (SI), X0
	VINSERTI128  $1, 8(SI), Y0, Y0
	VMOVDQU      (BX), X1
	VINSERTI128  $1, 8(BX), Y1, Y1
	VPSUBUSB     Y1, Y0, Y2
	VPSUBUSB     Y0, Y1, Y3
	VPOR         Y3, Y2, Y2
	VPSHUFB      Y4, Y2, Y0
	VPSHUFB      Y5, Y2, Y1
	VPSHUFB      Y6, Y2, Y2
	VPMAXUB      Y1, Y0, Y0
	VPMAXUB      Y2, Y0, Y0
	VPSHUFB      Y7, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPUNPCKLDQ   X1, X0, X0
	VMOVQ        X0, (DI)(AX*1)
	ADDQ         $24, SI
	ADDQ         $24, BX
	ADDQ         $8, AX
	CMPQ         AX, CX
	JLT          apart
	VZEROUPPER
	RET

// func laplace16(sums *[4]int64, above, here, below *byte, n int)
TEXT ·laplace16(SB), NOSPLIT, $0-40
	MOVQ sums+0(FP), DI
	MOVQ above+8(FP), R8
	MOVQ here+16(FP), R9
	MOVQ below+24(FP), R10
	MOVQ n+32(FP), CX
	VPXOR    Y8, Y8, Y8    // sum of levels
	VPXOR    Y9, Y9, Y9    // of the Laplacian
	VPXOR    Y10, Y10, Y10 // of its square
	VPCMPEQW Y11, Y11, Y11
	VPSRLW   $15, Y11, Y11 // ones
	VPCMPEQB X12, X12, X12 // 255
	VPXOR    X13, X13, X13
	XORQ BX, BX // clipped
	XORQ AX, AX

laplace:
	VMOVDQU    (R9)(AX*1), X0
	VPCMPEQB   X12, X0, X1
	VPCMPEQB   X13, X0, X2
	VPOR       X2, X1, X1
	VPMOVMSKB  X1, DX
	POPCNTL    DX, DX
	ADDQ       DX, BX
	VPMOVZXBW  X0, Y0
	VPMOVZXBW  -1(R9)(AX*1), Y1
	VPMOVZXBW  1(R9)(AX*1), Y2
	VPMOVZXBW  (R8)(AX*1), Y3
	VPMOVZXBW  (R10)(AX*1), Y4
	VPADDW     Y2, Y1, Y1
	VPADDW     Y4, Y3, Y3
	VPADDW     Y3, Y1, Y1
	VPSLLW     $2, Y0, Y2
	VPSUBW     Y2, Y1, Y1
	VPMADDWD   Y11, Y0, Y0
	VPADDD     Y0, Y8, Y8
	VPMADDWD   Y11, Y1, Y2
	VPADDD     Y2, Y9, Y9
	VPMADDWD   Y1, Y1, Y1
	VPADDD     Y1, Y10, Y10
	ADDQ       $16, AX
	CMPQ       AX, CX
	JLT        laplace

	VEXTRACTI128 $1, Y8, X0
	VPADDD       X0, X8, X8
	VPSHUFD      $0x4E, X8, X0
	VPADDD       X0, X8, X8
	VPSHUFD      $0xB1, X8, X0
	VPADDD       X0, X8, X8
	VMOVD        X8, DX
	MOVLQSX      DX, DX
	MOVQ         DX, (DI)
	VEXTRACTI128 $1, Y9, X0
	VPADDD       X0, X9, X9
	VPSHUFD      $0x4E, X9, X0
	VPADDD       X0, X9, X9
	VPSHUFD      $0xB1, X9, X0
	VPADDD       X0, X9, X9
	VMOVD        X9, DX
	MOVLQSX      DX, DX
	MOVQ         DX, 8(DI)
	VPMOVZXDQ    X10, Y0 // squares need more room
	VEXTRACTI128 $1, Y10, X1
	VPMOVZXDQ    X1, Y1
	VPADDQ       Y1, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPADDQ       X1, X0, X0
	VPSHUFD      $0x4E, X0, X1
	VPADDQ       X1, X0, X0
	VMOVQ        X0, DX
	MOVQ         DX, 16(DI)
	MOVQ         BX, 24(DI)
	VZEROUPPER
	RET

// func total32(v *byte, n int) int
TEXT ·total32(SB), NOSPLIT, $0-24
	MOVQ v+0(FP), SI
	MOVQ n+8(FP), CX
	VPXOR Y1, Y1, Y1
	VPXOR Y2, Y2, Y2
	XORQ AX, AX

total:
	VPSADBW (SI)(AX*1), Y1, Y0
	VPADDQ  Y0, Y2, Y2
	ADDQ    $32, AX
	CMPQ    AX, CX
	JLT     total
	VEXTRACTI128 $1, Y2, X0
	VPADDQ       X0, X2, X2
	VPSHUFD      $0x4E, X2, X0
	VPADDQ       X0, X2, X2
	VMOVQ        X2, DX
	MOVQ         DX, ret+16(FP)
	VZEROUPPER
	RET

// func weighted8(out *float32, in *byte, n, stride int, weights *float32, taps int)
TEXT ·weighted8(SB), NOSPLIT, $0-48
	MOVQ out+0(FP), DI
	MOVQ in+8(FP), SI
	MOVQ n+16(FP), CX
	MOVQ stride+24(FP), R10
	MOVQ weights+32(FP), R11
	MOVQ taps+40(FP), R12

weighted:
	CMPQ   CX, $32
	JLT    weightedFew
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	MOVQ   SI, R8
	XORQ   DX, DX

weightedTap:
	VBROADCASTSS (R11)(DX*4), Y8
	VPMOVZXBD    (R8), Y4
	VPMOVZXBD    8(R8), Y5
	VPMOVZXBD    16(R8), Y6
	VPMOVZXBD    24(R8), Y7
	VCVTDQ2PS    Y4, Y4
	VCVTDQ2PS    Y5, Y5
	VCVTDQ2PS    Y6, Y6
	VCVTDQ2PS    Y7, Y7
	VMULPS       Y8, Y4, Y4
	VMULPS       Y8, Y5, Y5
	VMULPS       Y8, Y6, Y6
	VMULPS       Y8, Y7, Y7
	VADDPS       Y4, Y0, Y0
	VADDPS       Y5, Y1, Y1
	VADDPS       Y6, Y2, Y2
	VADDPS       Y7, Y3, Y3
	ADDQ         R10, R8
	INCQ         DX
	CMPQ         DX, R12
	JLT          weightedTap
	VMOVUPS      Y0, (DI)
	VMOVUPS      Y1, 32(DI)
	VMOVUPS      Y2, 64(DI)
	VMOVUPS      Y3, 96(DI)
	ADDQ         $128, DI
	ADDQ         $32, SI
	SUBQ         $32, CX
	JMP          weighted

weightedFew:
	TESTQ  CX, CX
	JLE    weightedEnd
	VXORPS Y0, Y0, Y0
	MOVQ   SI, R8
	XORQ   DX, DX

weightedFewTap:
	VBROADCASTSS (R11)(DX*4), Y8
	VPMOVZXBD    (R8), Y4
	VCVTDQ2PS    Y4, Y4
	VMULPS       Y8, Y4, Y4
	VADDPS       Y4, Y0, Y0
	ADDQ         R10, R8
	INCQ         DX
	CMPQ         DX, R12
	JLT          weightedFewTap
	VMOVUPS      Y0, (DI)
	ADDQ         $32, DI
	ADDQ         $8, SI
	SUBQ         $8, CX
	JMP          weightedFew

weightedEnd:
	VZEROUPPER
	RET

// func narrow8(red, green, blue, row *float32, first *int32, weights *float32, n, taps int, less, times float32)
//
// Pixels x and x + 4 stand in the two halves of a register, R G B and one number more.
TEXT ·narrow8(SB), NOSPLIT, $0-72
	MOVQ red+0(FP), DI
	MOVQ green+8(FP), R8
	MOVQ blue+16(FP), R9
	MOVQ row+24(FP), SI
	MOVQ first+32(FP), R10
	MOVQ weights+40(FP), R11
	MOVQ n+48(FP), CX
	VBROADCASTSS less+64(FP), Y14
	VBROADCASTSS times+68(FP), Y15
	XORQ AX, AX

narrow:
	VXORPS  Y0, Y0, Y0
	MOVLQSX (R10), R12
	MOVLQSX 16(R10), R13
	LEAQ    (SI)(R12*4), R12
	LEAQ    (SI)(R13*4), R13
	MOVQ    taps+56(FP), DX

narrow0:
	VMOVUPS     (R12), X4
	VINSERTF128 $1, (R13), Y4, Y4
	VMULPS      (R11), Y4, Y4
	VADDPS      Y4, Y0, Y0
	ADDQ        $12, R12
	ADDQ        $12, R13
	ADDQ        $32, R11
	DECQ        DX
	JNZ         narrow0

	VXORPS  Y1, Y1, Y1
	MOVLQSX 4(R10), R12
	MOVLQSX 20(R10), R13
	LEAQ    (SI)(R12*4), R12
	LEAQ    (SI)(R13*4), R13
	MOVQ    taps+56(FP), DX

narrow1:
	VMOVUPS     (R12), X4
	VINSERTF128 $1, (R13), Y4, Y4
	VMULPS      (R11), Y4, Y4
	VADDPS      Y4, Y1, Y1
	ADDQ        $12, R12
	ADDQ        $12, R13
	ADDQ        $32, R11
	DECQ        DX
	JNZ         narrow1

	VXORPS  Y2, Y2, Y2
	MOVLQSX 8(R10), R12
	MOVLQSX 24(R10), R13
	LEAQ    (SI)(R12*4), R12
	LEAQ    (SI)(R13*4), R13
	MOVQ    taps+56(FP), DX

narrow2:
	VMOVUPS     (R12), X4
	VINSERTF128 $1, (R13), Y4, Y4
	VMULPS      (R11), Y4, Y4
	VADDPS      Y4, Y2, Y2
	ADDQ        $12, R12
	ADDQ        $12, R13
	ADDQ        $32, R11
	DECQ        DX
	JNZ         narrow2

	VXORPS  Y3, Y3, Y3
	MOVLQSX 12(R10), R12
	MOVLQSX 28(R10), R13
	LEAQ    (SI)(R12*4), R12
	LEAQ    (SI)(R13*4), R13
	MOVQ    taps+56(FP), DX

narrow3:
	VMOVUPS     (R12), X4
	VINSERTF128 $1, (R13), Y4, Y4
	VMULPS      (R11), Y4, Y4
	VADDPS      Y4, Y3, Y3
	ADDQ        $12, R12
	ADDQ        $12, R13
	ADDQ        $32, R11
	DECQ        DX
	JNZ         narrow3

	// Pixels become planes.
	VUNPCKLPS Y1, Y0, Y4 // r0 r1 g0 g1
	VUNPCKLPS Y3, Y2, Y5 // r2 r3 g2 g3
	VUNPCKHPS Y1, Y0, Y6 // b0 b1
	VUNPCKHPS Y3, Y2, Y7 // b2 b3
	VUNPCKLPD Y5, Y4, Y0
	VUNPCKHPD Y5, Y4, Y1
	VUNPCKLPD Y7, Y6, Y2
	VSUBPS    Y14, Y0, Y0
	VSUBPS    Y14, Y1, Y1
	VSUBPS    Y14, Y2, Y2
	VMULPS    Y15, Y0, Y0
	VMULPS    Y15, Y1, Y1
	VMULPS    Y15, Y2, Y2
	VMOVUPS   Y0, (DI)(AX*4)
	VMOVUPS   Y1, (R8)(AX*4)
	VMOVUPS   Y2, (R9)(AX*4)
	ADDQ      $32, R10
	ADDQ      $8, AX
	CMPQ      AX, CX
	JLT       narrow
	VZEROUPPER
	RET

// func shift8(out, in *float32, n int, first, second float32)
TEXT ·shift8(SB), NOSPLIT, $0-32
	MOVQ out+0(FP), DI
	MOVQ in+8(FP), SI
	MOVQ n+16(FP), CX
	VBROADCASTSS first+24(FP), Y6
	VBROADCASTSS second+28(FP), Y7
	XORQ AX, AX

shift:
	VADDPS  (SI)(AX*4), Y6, Y0
	VADDPS  Y7, Y0, Y0
	VMOVUPS Y0, (DI)(AX*4)
	ADDQ    $8, AX
	CMPQ    AX, CX
	JLT     shift
	VZEROUPPER
	RET

// func over8(out, seen, want *float32, n int, least float32)
TEXT ·over8(SB), NOSPLIT, $0-36
	MOVQ out+0(FP), DI
	MOVQ seen+8(FP), R8
	MOVQ want+16(FP), R9
	MOVQ n+24(FP), CX
	VBROADCASTSS least+32(FP), Y7
	VBROADCASTSS one<>(SB), Y5
	XORQ AX, AX

over:
	VMAXPS  (R9)(AX*4), Y7, Y1 // what is no number stays none
	VMOVUPS (R8)(AX*4), Y0
	VDIVPS  Y1, Y0, Y0
	VSUBPS  Y5, Y0, Y0
	VMOVUPS Y0, (DI)(AX*4)
	ADDQ    $8, AX
	CMPQ    AX, CX
	JLT     over
	VZEROUPPER
	RET

// func halve4(out, above, below *byte, n int)
//
// Four pixels at a time; two bytes beyond them are written and four beyond their
// eight are read.
TEXT ·halve4(SB), NOSPLIT, $0-32
	MOVQ out+0(FP), DI
	MOVQ above+8(FP), R8
	MOVQ below+16(FP), R9
	MOVQ n+24(FP), CX
	VMOVDQU  pairs<>(SB), Y4
	VPCMPEQB Y5, Y5, Y5
	VPABSB   Y5, Y5 // ones
	VPCMPEQW Y6, Y6, Y6
	VPSRLW   $15, Y6, Y6
	VPSLLW   $1, Y6, Y6 // twos

halve:
	VMOVDQU      (R8), X0
	VINSERTI128  $1, 12(R8), Y0, Y0
	VMOVDQU      (R9), X1
	VINSERTI128  $1, 12(R9), Y1, Y1
	VPSHUFB      Y4, Y0, Y0
	VPSHUFB      Y4, Y1, Y1
	VPMADDUBSW   Y5, Y0, Y0
	VPMADDUBSW   Y5, Y1, Y1
	VPADDW       Y1, Y0, Y0
	VPADDW       Y6, Y0, Y0
	VPSRLW       $2, Y0, Y0
	VPACKUSWB    Y0, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VMOVQ        X0, (DI)
	VMOVQ        X1, 6(DI)
	ADDQ         $24, R8
	ADDQ         $24, R9
	ADDQ         $12, DI
	SUBQ         $4, CX
	JGT          halve
	VZEROUPPER
	RET

// func products(sums *[48]float64, rows *[9]float64, n int)
TEXT ·products(SB), NOSPLIT, $0-24
	MOVQ sums+0(FP), DI
	MOVQ rows+8(FP), SI
	MOVQ n+16(FP), CX
	VMOVUPD (DI), Y0
	VMOVUPD 32(DI), Y1
	VMOVUPD 64(DI), Y2
	VMOVUPD 96(DI), Y3
	VMOVUPD 128(DI), Y4
	VMOVUPD 160(DI), Y5
	VMOVUPD 192(DI), Y6
	VMOVUPD 224(DI), Y7
	VMOVUPD 256(DI), Y8
	VMOVUPD 288(DI), Y9
	VMOVUPD 320(DI), Y10
	VMOVUPD 352(DI), Y11

product:
	VMOVUPD      (SI), Y12
	VMOVUPD      32(SI), Y13
	VBROADCASTSD (SI), Y14
	VMULPD       Y12, Y14, Y15
	VADDPD       Y15, Y0, Y0
	VMULPD       Y13, Y14, Y15
	VADDPD       Y15, Y1, Y1
	VBROADCASTSD 8(SI), Y14
	VMULPD       Y12, Y14, Y15
	VADDPD       Y15, Y2, Y2
	VMULPD       Y13, Y14, Y15
	VADDPD       Y15, Y3, Y3
	VBROADCASTSD 16(SI), Y14
	VMULPD       Y12, Y14, Y15
	VADDPD       Y15, Y4, Y4
	VMULPD       Y13, Y14, Y15
	VADDPD       Y15, Y5, Y5
	VBROADCASTSD 24(SI), Y14
	VMULPD       Y12, Y14, Y15
	VADDPD       Y15, Y6, Y6
	VMULPD       Y13, Y14, Y15
	VADDPD       Y15, Y7, Y7
	VBROADCASTSD 32(SI), Y14
	VMULPD       Y13, Y14, Y15
	VADDPD       Y15, Y8, Y8
	VBROADCASTSD 40(SI), Y14
	VMULPD       Y13, Y14, Y15
	VADDPD       Y15, Y9, Y9
	VBROADCASTSD 64(SI), Y14
	VMULPD       Y12, Y14, Y15
	VADDPD       Y15, Y10, Y10
	VMULPD       Y13, Y14, Y15
	VADDPD       Y15, Y11, Y11
	ADDQ         $72, SI
	DECQ         CX
	JNZ          product
	VMOVUPD Y0, (DI)
	VMOVUPD Y1, 32(DI)
	VMOVUPD Y2, 64(DI)
	VMOVUPD Y3, 96(DI)
	VMOVUPD Y4, 128(DI)
	VMOVUPD Y5, 160(DI)
	VMOVUPD Y6, 192(DI)
	VMOVUPD Y7, 224(DI)
	VMOVUPD Y8, 256(DI)
	VMOVUPD Y9, 288(DI)
	VMOVUPD Y10, 320(DI)
	VMOVUPD Y11, 352(DI)
	VZEROUPPER
	RET

// TOTAL leaves the sum of Y4 and Y5 in X0, in the order of squared in distance.go. It
// overwrites X1.
#define TOTAL \
	VADDPS       Y5, Y4, Y0; \
	VEXTRACTF128 $1, Y0, X1; \
	VADDPS       X1, X0, X0; \
	VPERMILPD    $1, X0, X1; \
	VADDPS       X1, X0, X0; \
	VMOVSHDUP    X0, X1; \
	VADDSS       X1, X0, X0

// func squared8(x, y *float32, n int, limit float32) float32
TEXT ·squared8(SB), NOSPLIT, $0-36
	MOVQ   x+0(FP), R8
	MOVQ   y+8(FP), R9
	MOVQ   n+16(FP), CX
	VMOVSS limit+24(FP), X7
	VXORPS Y4, Y4, Y4 // even eights
	VXORPS Y5, Y5, Y5 // odd eights
	XORQ   AX, AX

stretchOf32:
	MOVQ CX, DX
	SUBQ AX, DX
	CMPQ DX, $32
	JLT  rest

	VMOVUPS (R8)(AX*4), Y0
	VMOVUPS 32(R8)(AX*4), Y1
	VMOVUPS 64(R8)(AX*4), Y2
	VMOVUPS 96(R8)(AX*4), Y3
	VSUBPS  (R9)(AX*4), Y0, Y0
	VSUBPS  32(R9)(AX*4), Y1, Y1
	VSUBPS  64(R9)(AX*4), Y2, Y2
	VSUBPS  96(R9)(AX*4), Y3, Y3
	VMULPS  Y0, Y0, Y0
	VMULPS  Y1, Y1, Y1
	VMULPS  Y2, Y2, Y2
	VMULPS  Y3, Y3, Y3
	VADDPS  Y0, Y4, Y4
	VADDPS  Y1, Y5, Y5
	VADDPS  Y2, Y4, Y4
	VADDPS  Y3, Y5, Y5
	ADDQ    $32, AX

	TOTAL
	VUCOMISS     X7, X0
	JCC          far
	JMP          stretchOf32

rest: // fewer than four eights, the first an even one
	TESTQ DX, DX
	JZ    far // X0 is the sum of all

	VMOVUPS (R8)(AX*4), Y0
	VSUBPS  (R9)(AX*4), Y0, Y0
	VMULPS  Y0, Y0, Y0
	VADDPS  Y0, Y4, Y4
	CMPQ    DX, $16
	JLT     close
	VMOVUPS 32(R8)(AX*4), Y1
	VSUBPS  32(R9)(AX*4), Y1, Y1
	VMULPS  Y1, Y1, Y1
	VADDPS  Y1, Y5, Y5
	CMPQ    DX, $24
	JLT     close
	VMOVUPS 64(R8)(AX*4), Y0
	VSUBPS  64(R9)(AX*4), Y0, Y0
	VMULPS  Y0, Y0, Y0
	VADDPS  Y0, Y4, Y4

close:
	TOTAL

far:
	VMOVSS X0, ret+32(FP)
	VZEROUPPER
	RET

// func squaredRows(out, rows, x *float32, n, cols int)
TEXT ·squaredRows(SB), NOSPLIT, $0-40
	MOVQ out+0(FP), DI
	MOVQ rows+8(FP), R8
	MOVQ x+16(FP), R9
	MOVQ n+24(FP), CX
	MOVQ cols+32(FP), DX
	XORQ BX, BX

row:
	VXORPS Y4, Y4, Y4
	VXORPS Y5, Y5, Y5
	XORQ   AX, AX

eights:
	VMOVUPS (R8)(AX*4), Y0
	VSUBPS  (R9)(AX*4), Y0, Y0
	VMULPS  Y0, Y0, Y0
	VADDPS  Y0, Y4, Y4
	ADDQ    $8, AX
	CMPQ    AX, DX
	JGE     summed
	VMOVUPS (R8)(AX*4), Y1
	VSUBPS  (R9)(AX*4), Y1, Y1
	VMULPS  Y1, Y1, Y1
	VADDPS  Y1, Y5, Y5
	ADDQ    $8, AX
	CMPQ    AX, DX
	JLT     eights

summed:
	TOTAL
	VMOVSS       X0, (DI)(BX*4)
	LEAQ         (R8)(DX*4), R8
	INCQ         BX
	CMPQ         BX, CX
	JLT          row
	VZEROUPPER
	RET

// func symmetric8(out, middle *float32, n int, kernel *float32, reach int)
TEXT ·symmetric8(SB), NOSPLIT, $0-40
	MOVQ out+0(FP), DI
	MOVQ middle+8(FP), SI
	MOVQ n+16(FP), CX
	MOVQ kernel+24(FP), R8
	MOVQ reach+32(FP), DX
	SHRQ $3, CX

symmetric:
	VBROADCASTSS (R8), Y7
	VMULPS       (SI), Y7, Y0
	MOVQ         SI, R9 // to the left
	MOVQ         SI, R10 // to the right
	XORQ         AX, AX

taps:
	CMPQ         AX, DX
	JGE          tapped
	INCQ         AX
	SUBQ         $4, R9
	ADDQ         $4, R10
	VBROADCASTSS (R8)(AX*4), Y7
	VMOVUPS      (R9), Y1
	VADDPS       (R10), Y1, Y1
	VMULPS       Y7, Y1, Y1
	VADDPS       Y1, Y0, Y0
	JMP          taps

tapped:
	VMOVUPS Y0, (DI)
	ADDQ    $32, SI
	ADDQ    $32, DI
	DECQ    CX
	JNZ     symmetric
	VZEROUPPER
	RET
