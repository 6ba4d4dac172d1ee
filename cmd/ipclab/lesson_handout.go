package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"ipclab/lessons"
	"ipclab/mechanisms"
	"ipclab/templates"
)

// lessonHandout writes lessons as sheets of paper.
func lessonHandout(args []string) error {
	fs := flag.NewFlagSet("lesson handout", flag.ContinueOnError)
	whom := fs.String("for", "", "student or `lecturer` (default both)")
	out := fs.String("out", ".", "write into this `FOLDER`")
	pdf := fs.Bool("pdf", false, "write PDF; needs Chromium")
	names, err := parseMixed(fs, args)
	if err != nil {
		return err
	}
	if *whom != "" && *whom != "student" && *whom != "lecturer" {
		return badUsage("--for %s: choose student or lecturer", *whom)
	}
	if len(names) == 0 {
		return badUsage("handout of which lesson? ipclab lesson handout ID|FILE...")
	}
	ls, err := findLessons(names)
	if err != nil {
		return err
	}
	browser := ""
	if *pdf {
		if browser = findBrowser(); browser == "" {
			fmt.Fprintln(os.Stderr, "ipclab: no Chromium or Chrome is installed here, so these are HTML: print them from a browser")
		}
	}
	if err := os.MkdirAll(*out, 0o755); err != nil {
		return usageError{fmt.Errorf("write the sheets: %w", err)}
	}
	for _, l := range ls {
		for _, who := range []string{"student", "lecturer"} {
			if *whom != "" && *whom != who {
				continue
			}
			file, err := writeSheet(l, who == "lecturer", filepath.Join(*out, fmt.Sprintf("%s-%s-%s", l.Number, l.ID, who)), browser)
			if err != nil {
				return fmt.Errorf("write the sheet of %s: %w", l.ID, err)
			}
			fmt.Println(file)
		}
	}
	return nil
}

// writeSheet writes one sheet, as PDF if there is a browser that makes it.
func writeSheet(l *lessons.Lesson, lecturer bool, name, browser string) (file string, err error) {
	var page bytes.Buffer
	all, err := lessons.Shipped(mechanisms.All)
	if err != nil {
		return "", err
	}
	if err := templates.Handout(templates.HandoutOf(l, lecturer, all.Misconception)).Render(context.Background(), &page); err != nil {
		return "", err
	}
	if browser == "" {
		file = name + ".html"
		return file, os.WriteFile(file, page.Bytes(), 0o644)
	}
	file = name + ".pdf"
	return file, printPDF(browser, page.Bytes(), file)
}

// findBrowser gives the path of a browser that can print; "" if there is none.
func findBrowser() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// printPDF lets a browser print a page, in a folder of its own that goes afterwards.
func printPDF(browser string, page []byte, file string) (err error) {
	dir, err := os.MkdirTemp("", "ipclab-print-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	html, pdf := filepath.Join(dir, "sheet.html"), filepath.Join(dir, "sheet.pdf")
	if err := os.WriteFile(html, page, 0o600); err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	args := []string{"--headless", "--disable-gpu", "--no-first-run", "--no-pdf-header-footer", "--user-data-dir=" + filepath.Join(dir, "profile"),
		"--print-to-pdf=" + pdf, (&url.URL{Scheme: "file", Path: filepath.ToSlash(html)}).String()}
	if os.Geteuid() == 0 { // Chromium refuses to run as root otherwise; it opens nothing but the sheet
		args = append([]string{"--no-sandbox"}, args...)
	}
	said, err := exec.CommandContext(ctx, browser, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("print with %s: %w: %s", browser, err, bytes.TrimSpace(said))
	}
	b, err := os.ReadFile(pdf)
	if err != nil {
		return fmt.Errorf("print with %s: it wrote nothing: %s", browser, bytes.TrimSpace(said))
	}
	return os.WriteFile(file, b, 0o644)
}
