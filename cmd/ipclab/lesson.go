package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"ipclab/lessons"
	"ipclab/mechanisms"
)

// lessonCommands are what may follow "ipclab lesson".
var lessonCommands = map[string]func(args []string) error{
	"check":   lessonCheck,
	"format":  lessonFormat,
	"handout": lessonHandout,
	"new":     lessonNew,
	"run":     lessonRun,
	"words":   lessonWords,
}

func lesson(args []string) error {
	var names []string
	for name := range lessonCommands {
		names = append(names, name)
	}
	slices.Sort(names)
	if len(args) == 0 {
		return badUsage("lesson: choose %s", strings.Join(names, ", "))
	}
	f, ok := lessonCommands[args[0]]
	if !ok {
		return badUsage("there is no command lesson %q: choose %s", args[0], strings.Join(names, ", "))
	}
	return f(args[1:])
}

// lessonCheck prints what is wrong with lessons: those named, or all that there are.
func lessonCheck(args []string) error {
	fs := flag.NewFlagSet("lesson check", flag.ContinueOnError)
	if err := parse(fs, args, len(args)); err != nil {
		return err
	}
	ls, found, err := loadLessons(args)
	if err != nil {
		return err
	}
	found = append(found, lessons.Check(ls, mechanisms.All)...)
	found.Sort()
	for _, p := range found {
		fmt.Println(p)
	}
	errs := len(found.Errors())
	if errs > 0 {
		return fmt.Errorf("check lessons: %s", count(errs, "mistake"))
	}
	fmt.Printf("%s checked: no mistakes, %s\n", count(len(ls), "file"), count(len(found), "warning"))
	return nil
}

// loadLessons reads the named files and folders, or all that ipclab brings along.
func loadLessons(paths []string) ([]*lessons.Lesson, lessons.Problems, error) {
	if len(paths) == 0 {
		ls, found := lessons.Embedded(mechanisms.All)
		return ls, found, nil
	}
	ls, found, err := lessons.Load(paths...)
	if err != nil {
		return nil, nil, usageError{err}
	}
	if len(ls) == 0 && len(found) == 0 {
		return nil, nil, badUsage("there is no lesson in %s: a lesson is a Markdown file that begins with ---", strings.Join(paths, ", "))
	}
	return ls, found, nil
}

// lessonFormat prints how a lesson is written.
func lessonFormat(args []string) error {
	if len(args) > 0 {
		return badUsage("lesson format takes nothing after it: %q", args[0])
	}
	fmt.Print(lessons.Format)
	return nil
}

// lessonNew writes a small lesson to begin with.
func lessonNew(args []string) error {
	flags := flag.NewFlagSet("lesson new", flag.ContinueOnError)
	of := flags.String("lab", "pipe", "the lab whose workers it runs")
	id, err := parseMixed(flags, args)
	if err != nil {
		return err
	}
	if len(id) != 1 {
		return badUsage("lesson new takes one id, not %d: write lesson new my-lesson", len(id))
	}
	m := mechanisms.Find(*of)
	if m == nil {
		return badUsage("there is no lab %q: choose %s", *of, strings.Join(labs(), ", "))
	}
	text, err := lessons.Skeleton(id[0], m)
	if err != nil {
		return usageError{err}
	}
	file := id[0] + ".md"
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return badUsage("%s is there already: choose another id, or remove it", file)
	}
	if err != nil {
		return err
	}
	if _, err := f.WriteString(text); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	fmt.Printf("wrote %s; check it with: ipclab lesson check %s\n", file, file)
	return nil
}

func labs() (ids []string) {
	for _, m := range mechanisms.All {
		ids = append(ids, m.Info().ID)
	}
	return ids
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprint(n, " ", what)
}
