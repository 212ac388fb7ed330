# Each target does all set-up it needs; `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/.tools/bin:$(PATH)
export GOTOOLCHAIN := local

.PHONY: help setup build demo test lint bench fmt docs licenses image clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## bring all that is needed: Debian packages, Go, Node, ONNX Runtime, screens
	@scripts/setup.sh

build: setup ## make bin/linesman

demo: ## run the drawn line, the safety cameras and their screens
	@scripts/setup.sh demo
	bin/linesman demo

test: ## types and tests of the screens, then every Go test with the race detector
	@scripts/setup.sh tests
	cd ui && npm run types && npm test
	scripts/race.sh

lint: setup ## format, vet (with and without C), staticcheck, shellcheck, types of the screens
	@scripts/lint.sh

bench: setup ## speed of the rooms, then both drawn lines judged as fast as they go (docs/figures.md)
	go test -run xxx -bench . ./event/... ./sim/draw ./vision/cv ./models/golden
	for p in tablets caps; do bin/linesman bench line --product $$p --good 1000 --defective 1000 --no-pace || exit 1; done

fmt: setup ## format the Go code
	git ls-files -z '*.go' | xargs -0 gofmt -w

docs: setup licenses ## renew the pages made from code, and check the links of all pages
	go run ./scripts/links .

licenses: setup ## licences of all we build on; refuses what we may not ship
	go run ./scripts/licenses -out docs/licenses.md -texts bin/licenses.txt

image: ## container image, where an engine runs (docs/setup.md)
	docker build -t linesman .

clean: ## remove what was built and brought, Debian's packages apart
	rm -rf bin .tools ui/dist ui/node_modules
