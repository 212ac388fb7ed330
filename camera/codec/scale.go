package codec

/*
#cgo pkg-config: libavutil libswscale
#include <errno.h>
#include <libavutil/frame.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

// A picture that does not say how its colours are coded is taken as cameras
// mean it: BT.709 from 720 lines on, BT.601 below.
static const int *linesman_matrix(const AVFrame *f) {
	switch (f->colorspace) {
	case AVCOL_SPC_BT709: return sws_getCoefficients(SWS_CS_ITU709);
	case AVCOL_SPC_BT470BG:
	case AVCOL_SPC_SMPTE170M: return sws_getCoefficients(SWS_CS_ITU601);
	case AVCOL_SPC_BT2020_NCL:
	case AVCOL_SPC_BT2020_CL: return sws_getCoefficients(SWS_CS_BT2020);
	default: return sws_getCoefficients(f->height >= 720 ? SWS_CS_ITU709 : SWS_CS_ITU601);
	}
}

static int linesman_to_rgb(struct SwsContext **ctx, const AVFrame *f, int accurate, uint8_t *dst, int stride) {
	int flags = SWS_BILINEAR | (accurate ? SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT : 0);
	*ctx = sws_getCachedContext(*ctx, f->width, f->height, f->format, f->width, f->height, AV_PIX_FMT_RGB24, flags, NULL, NULL, NULL);
	if (!*ctx) return AVERROR(EINVAL);
	sws_setColorspaceDetails(*ctx, linesman_matrix(f), f->color_range == AVCOL_RANGE_JPEG,
		sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16, 1 << 16);
	uint8_t *planes[4] = {dst, NULL, NULL, NULL};
	int strides[4] = {stride, 0, 0, 0};
	int rows = sws_scale(*ctx, (const uint8_t *const *)f->data, f->linesize, 0, f->height, planes, strides);
	return rows == f->height ? 0 : AVERROR(EINVAL);
}

static int linesman_from_rgb(struct SwsContext **ctx, const uint8_t *src, int stride, AVFrame *f) {
	int err = av_frame_make_writable(f);
	if (err < 0) return err;
	*ctx = sws_getCachedContext(*ctx, f->width, f->height, AV_PIX_FMT_RGB24, f->width, f->height, f->format, SWS_BILINEAR | SWS_ACCURATE_RND, NULL, NULL, NULL);
	if (!*ctx) return AVERROR(EINVAL);
	const uint8_t *planes[4] = {src, NULL, NULL, NULL};
	int strides[4] = {stride, 0, 0, 0};
	int rows = sws_scale(*ctx, planes, strides, 0, f->height, f->data, f->linesize);
	return rows == f->height ? 0 : AVERROR(EINVAL);
}

static int linesman_damaged(const AVFrame *f) { return (f->flags & AV_FRAME_FLAG_CORRUPT) || f->decode_error_flags; }
static int64_t linesman_pts(const AVFrame *f) { return f->best_effort_timestamp; }
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/asticode/go-astiav"
)

// scaler converts between the pixel layouts of codecs and ours.
type scaler struct {
	ctx    *C.struct_SwsContext
	padded []byte
}

func cFrame(f *astiav.Frame) *C.AVFrame { return (*C.AVFrame)(unsafe.Pointer(f.UnsafeTypedPointer())) }

// toRGB converts a decoded frame. libswscale writes whole groups of pixels: a
// width that is no multiple of 16 goes through rows with room at their end.
func (s *scaler) toRGB(f *astiav.Frame, dst []byte, width, height int) error {
	stride, out := width*3, dst
	odd := width%16 != 0
	if odd {
		stride = (width*3+63)/64*64 + 64
		if len(s.padded) < stride*height+64 {
			s.padded = make([]byte, stride*height+64)
		}
		out = s.padded
	}
	accurate := C.int(0)
	if odd {
		accurate = 1
	}
	if C.linesman_to_rgb(&s.ctx, cFrame(f), accurate, (*C.uint8_t)(unsafe.Pointer(&out[0])), C.int(stride)) < 0 {
		return fmt.Errorf("a picture of %d x %d pixels in layout %s can not be converted to RGB", width, height, f.PixelFormat())
	}
	if odd {
		for y := range height {
			copy(dst[y*width*3:(y+1)*width*3], out[y*stride:])
		}
	}
	return nil
}

// fromRGB fills a frame that is about to be encoded; stride is in bytes.
func (s *scaler) fromRGB(src []byte, stride int, f *astiav.Frame) error {
	if C.linesman_from_rgb(&s.ctx, (*C.uint8_t)(unsafe.Pointer(&src[0])), C.int(stride), cFrame(f)) < 0 {
		return errors.New("the picture can not be converted for encoding")
	}
	return nil
}

func (s *scaler) close() {
	C.sws_freeContext(s.ctx)
	s.ctx, s.padded = nil, nil
}

func damaged(f *astiav.Frame) bool  { return C.linesman_damaged(cFrame(f)) != 0 }
func bestPTS(f *astiav.Frame) int64 { return int64(C.linesman_pts(cFrame(f))) }
