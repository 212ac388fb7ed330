// Package footage holds recordings that the demo and tests publish as network
// cameras. SOURCE.md says where each comes from.
package footage

import _ "embed"

// Workers is five seconds of a worker in helmet and vest, and of another one, who
// walk over a marked floor: MP4, H.264, 480 x 270 pixels, 15 pictures a second.
//
//go:embed workers.mp4
var Workers []byte
