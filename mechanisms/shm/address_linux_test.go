package shm

import (
	"debug/elf"
	"math"
	"testing"
)

// Where workers map memory nothing else may lie, not the heap of a program either,
// which begins up to 1 GiB behind it. And the address must fit into an event.
func TestAddressesAreFree(t *testing.T) {
	f, err := elf.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const random, heap = 1 << 30, 64 << 20
	var end uint64
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD {
			end = max(end, p.Vaddr+p.Memsz)
		}
	}
	if lowest := uint64(mapsAt(1, true)); lowest < end+random+heap {
		t.Errorf("memory lies at %#x, and the heap may reach %#x", lowest, end+random+heap)
	}
	if highest := uint64(mapsAt(16, false)) + 1<<24; highest > math.MaxInt32 {
		t.Errorf("memory reaches up to %#x, which is more than an event can hold", highest)
	}
}
