// Package examples holds the files that people start from: each folder is one
// line, with its site and its product. Its test keeps them valid.
package examples
