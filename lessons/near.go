package lessons

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// didYouMean is "; did you mean X?" if one of the known words is near to what was
// written, else "". It stands at the end of a message.
func didYouMean(word string, known []string) string {
	if best := nearest(word, known); best != "" {
		return fmt.Sprintf("; did you mean %s?", best)
	}
	return ""
}

// nearest gives the known word that most likely was meant, or "" if none is near.
// A third of the letters may differ, upper and lower case do not count.
func nearest(word string, known []string) string {
	if utf8.RuneCountInString(word) > 60 {
		return ""
	}
	best, least := "", max(1, utf8.RuneCountInString(word)/3)+1
	for _, k := range known {
		if k == word {
			continue
		}
		if d := distance(strings.ToLower(word), strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance counts the letters to insert, remove, replace or swap with their
// neighbour, so that a becomes b.
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	var before, last []int // the two rows above
	row := make([]int, len(t)+1)
	for j := range row {
		row[j] = j
	}
	for i := range s {
		before, last = last, row
		row = make([]int, len(t)+1)
		row[0] = i + 1
		for j := range t {
			cost := 1
			if s[i] == t[j] {
				cost = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && s[i] == t[j-1] && s[i-1] == t[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(t)]
}
