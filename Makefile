# make test         everything that is checked; sets the machine up first
# make bench        the figures, each with its control
# make screenshots  the README's picture; SHOTS=folder: every page, light, dark, small and large
# make setup        only install what the checks need
# make generate     rewrite the generated files: templates/*_templ.go, static/js/event.js
# make recordings   record those steps of lessons anew that have changed

# The target lessons has the name of a folder.
.PHONY: test setup format vet race lessons scripts builds bench screenshots generate recordings

test: setup format vet race lessons scripts builds
	@echo "all checks passed"

setup:
	@.ci/setup

format:
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); \
	if [ -n "$$unformatted" ]; then echo "gofmt would change:" $$unformatted; exit 1; fi

vet:
	go mod verify
	go vet ./...
	go tool staticcheck ./...

# Packages run one after the other: their tests start real processes on every core.
# Within a package six tests may run at once, where most of their time is waiting.
race:
	GORACE=atexit_sleep_ms=0 go test -race -p 1 -parallel 6 -timeout 20m -skip '^TestLessons$$' ./...

# Every lesson, once, by workers as students run them: the race detector makes them ten
# times slower.
lessons:
	go test -parallel 6 -timeout 20m -run '^TestLessons$$' ./cmd/ipclab

scripts:
	cd static && node_modules/.bin/tsc --noEmit -p jsconfig.json
	cd static && node --test

# The lab runs live on Linux only; elsewhere recordings and pages work, so it must build.
builds:
	GOOS=linux GOARCH=arm64 go vet ./...
	GOOS=darwin GOARCH=arm64 go vet ./...
	GOOS=windows GOARCH=amd64 go vet ./...
	GOOS=linux GOARCH=arm64 go build -o /dev/null ./cmd/ipclab
	GOOS=darwin GOARCH=arm64 go build -o /dev/null ./cmd/ipclab
	GOOS=windows GOARCH=amd64 go build -o /dev/null ./cmd/ipclab

# Each figure stands beside its control, measured in turn with it: a figure means no
# more than the control lets it.
bench: setup
	go test -run '^$$' -bench . -p 1 ./...

screenshots: setup
	go run ./web/browser/shots $(SHOTS)

generate:
	go tool templ generate
	go test ./lab -run Schema -update

recordings:
	go run ./cmd/ipclab lesson run --stale --record lessons/recordings
