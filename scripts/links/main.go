// Command links checks that every page points at files that are there.
package main

import (
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

var (
	link = regexp.MustCompile(`!?\[[^\]]*\]\(([^)\s]+)\)`)
	code = regexp.MustCompile("`[^`]*`") // what stands in code is no link
)

func main() {
	root := "."
	if len(os.Args) > 1 {
		root = os.Args[1]
	}
	dead, err := deadLinks(root)
	if err != nil {
		fmt.Fprintln(os.Stderr, "links:", err)
		os.Exit(1)
	}
	for _, d := range dead {
		fmt.Fprintln(os.Stderr, d)
	}
	if len(dead) > 0 {
		os.Exit(1)
	}
}

// deadLinks returns one line for every link of a Markdown file under root that
// leads to no file. Addresses outside are not asked: docs must build offline.
func deadLinks(root string) ([]string, error) {
	var dead []string
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && file != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules") {
			return fs.SkipDir
		}
		if d.IsDir() || filepath.Ext(file) != ".md" {
			return nil
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		fenced := false
		for n, line := range strings.Split(string(text), "\n") {
			if strings.HasPrefix(strings.TrimSpace(line), "```") {
				fenced = !fenced
			}
			if fenced {
				continue
			}
			line = code.ReplaceAllString(line, "")
			for _, m := range link.FindAllStringSubmatch(line, -1) {
				target, err := url.Parse(m[1])
				if err != nil || target.Scheme != "" || target.Path == "" {
					continue
				}
				if _, err := os.Stat(filepath.Join(filepath.Dir(file), target.Path)); err != nil {
					dead = append(dead, fmt.Sprintf("%s:%d: %s leads nowhere", file, n+1, m[1]))
				}
			}
		}
		return nil
	})
	return dead, err
}
