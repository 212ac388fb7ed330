package archive_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linesman/config/archive"
)

var made = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// site writes a few files as a site has them.
func site(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"site.yaml": "site: demo\n", "data/access/local.token": "secret", "data/log/record-2026-03-01.db": strings.Repeat("page", 5000), "data/empty": ""} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// pack backs a folder up as a tar.
func pack(t *testing.T, dir string) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := fill(archive.NewTar(&out), dir); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func fill(w *archive.Writer, dir string) error {
	if err := w.AddFolder("", dir, nil); err != nil {
		return err
	}
	_, err := w.Close(archive.Manifest{Site: "demo", Made: made})
	return err
}

// tree reads all files below a folder, with their modes.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, file)
		if err != nil || rel == archive.ManifestName {
			return err
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		out[rel] = info.Mode().String() + " " + string(text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func settings(t *testing.T) archive.Settings {
	return archive.Settings{To: t.TempDir(), Room: 1 << 20}
}

func TestRoundTrip(t *testing.T) {
	from := site(t)
	want := tree(t, from)
	set := settings(t)
	var moved int64
	set.Moved = func(n int64) { moved += n }
	m, err := archive.Unpack(t.Context(), bytes.NewReader(pack(t, from)), set)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, tree(t, set.To)); d != "" {
		t.Errorf("what came back differs:\n%s", d)
	}
	if m.Site != "demo" || len(m.Files) != len(want) || moved != 20017 {
		t.Errorf("%d bytes, manifest %+v", moved, m)
	}

	folder := t.TempDir()
	w, err := archive.NewFolder(folder)
	if err != nil {
		t.Fatal(err)
	}
	if err := fill(w, from); err != nil {
		t.Fatal(err)
	}
	set = settings(t)
	if _, err := archive.CopyFolder(t.Context(), folder, set); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, tree(t, set.To)); d != "" {
		t.Errorf("what came back out of a folder differs:\n%s", d)
	}
	if err := os.WriteFile(filepath.Join(folder, "site.yaml"), []byte("site: Demo\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := archive.CopyFolder(t.Context(), folder, settings(t)); !errors.Is(err, archive.ErrRefused) || !strings.Contains(err.Error(), `"site.yaml" was altered`) {
		t.Errorf("an altered file in a folder: %v", err)
	}
}

// Links are no part of a site: what they lead to would not come back.
func TestAddFolderRefusesLinks(t *testing.T) {
	dir := site(t)
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "data", "link")); err != nil {
		t.Fatal(err)
	}
	if err := archive.NewTar(&bytes.Buffer{}).AddFolder("", dir, nil); err == nil || !strings.Contains(err.Error(), "no plain file") {
		t.Errorf("a link was taken: %v", err)
	}
}

const manifest = `{"format":"linesman backup 1","files":[{"path":"a","size":1,"sha256":"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"}]}`

// header makes a tar of entries; each has the text given unless it is a link.
func header(t *testing.T, entries ...tar.Header) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, h := range entries {
		text := h.Uname // carries the text here
		h.Uname, h.Mode = "", 0o644
		if h.Typeflag == 0 || h.Typeflag == tar.TypeReg {
			h.Size = int64(len(text))
		} else {
			text = ""
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestRefusals(t *testing.T) {
	a := tar.Header{Name: "a", Uname: "a"}
	m := tar.Header{Name: archive.ManifestName, Uname: manifest}
	if _, err := archive.Unpack(t.Context(), bytes.NewReader(header(t, a, m)), settings(t)); err != nil {
		t.Fatalf("the good one is refused: %v", err)
	}
	good := header(t, a, m)
	for _, c := range []struct {
		name, says string
		tar        []byte
	}{
		{"empty", "ends before its manifest", nil},
		{"no tar", "", []byte(strings.Repeat("no tar at all ", 100))},
		{"cut off", "", good[:1200]},
		{"no manifest", "ends before its manifest", header(t, a)},
		{"up and out", "leads out", header(t, tar.Header{Name: "../a", Uname: "a"}, m)},
		{"absolute", "leads out", header(t, tar.Header{Name: "/a", Uname: "a"}, m)},
		{"up in between", "leads out", header(t, tar.Header{Name: "b/../../a", Uname: "a"}, m)},
		{"backslash", "leads out", header(t, tar.Header{Name: `..\a`, Uname: "a"}, m)},
		{"a path without end", "at most 1024", header(t, tar.Header{Name: strings.Repeat("a/", 600) + "a", Uname: "a"}, m)},
		{"symbolic link", "no plain file", header(t, tar.Header{Name: "a", Typeflag: tar.TypeSymlink, Linkname: "/etc"}, m)},
		{"hard link", "no plain file", header(t, tar.Header{Name: "a", Typeflag: tar.TypeLink, Linkname: "/etc/passwd"}, m)},
		{"device", "no plain file", header(t, tar.Header{Name: "a", Typeflag: tar.TypeChar}, m)},
		{"twice", "comes twice", header(t, a, a, m)},
		{"a file where a folder is", "", header(t, a, tar.Header{Name: "a/b", Uname: "b"}, m)},
		{"too large", "there is room for 1048576 more", header(t, tar.Header{Name: "a", Uname: strings.Repeat("a", 1<<20+1)}, m)},
		{"altered", "was altered", header(t, tar.Header{Name: "a", Uname: "b"}, m)},
		{"longer", "has 2 bytes", header(t, tar.Header{Name: "a", Uname: "aa"}, m)},
		{"missing", `"a" is missing`, header(t, m)},
		{"one more", "not in its manifest", header(t, a, tar.Header{Name: "b", Uname: "b"}, m)},
		{"after the manifest", "after the manifest", header(t, a, m, tar.Header{Name: "b", Uname: "b"})},
		{"another format", `says it is "linesman backup 9"`, header(t, a, tar.Header{Name: archive.ManifestName, Uname: strings.Replace(manifest, "backup 1", "backup 9", 1)})},
		{"a log outside", "leads out", header(t, a, tar.Header{Name: archive.ManifestName, Uname: strings.Replace(manifest, `"files"`, `"log":"../log","files"`, 1)})},
		{"a manifest that is none", "can not be read", header(t, a, tar.Header{Name: archive.ManifestName, Uname: "{"})},
	} {
		t.Run(c.name, func(t *testing.T) {
			set := settings(t)
			if _, err := archive.Unpack(t.Context(), bytes.NewReader(c.tar), set); !errors.Is(err, archive.ErrRefused) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v; want a refusal that says %q", err, c.says)
			}
		})
	}
	full := settings(t)
	if err := os.WriteFile(filepath.Join(full.To, "mine"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := archive.Unpack(t.Context(), bytes.NewReader(good), full); !errors.Is(err, archive.ErrRefused) {
		t.Errorf("a folder in use was written to: %v", err)
	}
}

// Whatever is unpacked stays in its folder and within its room.
func FuzzUnpack(f *testing.F) {
	t := &testing.T{}
	f.Add(header(t, tar.Header{Name: "a", Uname: "a"}, tar.Header{Name: archive.ManifestName, Uname: manifest}))
	f.Add(header(t, tar.Header{Name: "../a", Uname: "a"}))
	f.Add(header(t, tar.Header{Name: "a/b/c", Uname: "a"}, tar.Header{Name: "l", Typeflag: tar.TypeSymlink, Linkname: "/"}))
	f.Fuzz(func(t *testing.T, text []byte) {
		const room = 1 << 14
		above := t.TempDir()
		to := filepath.Join(above, "to")
		if err := os.Mkdir(to, 0o700); err != nil {
			t.Fatal(err)
		}
		m, err := archive.Unpack(t.Context(), bytes.NewReader(text), archive.Settings{To: to, Room: room})
		if err != nil && !errors.Is(err, archive.ErrRefused) {
			t.Fatalf("%v is no refusal", err)
		}
		bytes := 0
		files := tree(t, above)
		for name, text := range files {
			bytes += len(text) - len("-rw------- ")
			if !strings.HasPrefix(name, "to/") {
				t.Errorf("%s stands outside", name)
			}
		}
		if bytes > room {
			t.Errorf("%d bytes were written", bytes)
		}
		if err == nil && len(m.Files) != len(files) {
			t.Errorf("%d files of %d came", len(files), len(m.Files))
		}
	})
}
