package codec

/*
#cgo pkg-config: libavutil
#include <libavutil/avutil.h>
*/
import "C"

// Version returns the version of the FFmpeg that is linked.
func Version() string { return C.GoString(C.av_version_info()) }
