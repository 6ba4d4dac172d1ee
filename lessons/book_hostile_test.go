package lessons

import (
	"math/rand/v2"
	"testing"

	"ipclab/lab"
)

// Streams of nonsense: whatever is asked of them is answered or refused, and nothing
// panics.
func TestBookHostile(t *testing.T) {
	for _, lab := range []struct {
		info  *lab.Info
		scene *lab.Scene
	}{{&pipeInfo, &pipeScene}, {&shmInfo, &shmScene}, {&signalsInfo, &signalsScene}} {
		var all []*Expr
		for _, n := range Vocabulary(lab.info, lab.scene) {
			e := &Expr{Source: "[" + n.Name + "] == nil"}
			if n.Of == "" && Compile(e, lab.info, lab.scene) == nil { // the value itself, not a function
				all = append(all, e)
			}
		}
		if len(all) < 20 {
			t.Fatalf("only %d names can be asked for", len(all))
		}
		for seed := range uint64(200) {
			b := nonsense(rand.New(rand.NewPCG(seed, 1)), lab.info, lab.scene)
			v := b.Values(nil, Extra{})
			for _, e := range all {
				_, _ = e.Eval(v)
				e.Sides(v)
			}
		}
	}
}

// nonsense keeps the book of a stream in which mostly likely and some impossible
// values stand in any order.
func nonsense(r *rand.Rand, info *lab.Info, scene *lab.Scene) *Book {
	b := NewBook()
	b.Start(&lab.Header{Mechanism: *info, Scene: *scene, Page: 4096 * (r.IntN(3) - 1)})
	now := func(one int) bool { return r.IntN(one) == 0 }
	for seq := range uint64(200) {
		e := lab.Event{Seq: seq + 1, At: r.Int64N(1000), Dur: r.Int64N(200), Msg: lab.Message(r.IntN(8), r.Uint64N(50)), Want: r.Uint32N(70_000), Ret: r.Int32N(70_000) - 100,
			Level: r.Int64N(1000) - 10, Data: data(r.Uint64N(200)), Kind: lab.Kind(r.IntN(18)), Call: lab.Call(r.IntN(25)),
			Proc: uint16(r.IntN(len(scene.Procs) + 2)), Part: uint16(r.IntN(len(scene.Parts) + 2))}
		if now(4) {
			e.Flags = lab.Flags(r.Uint32())
		}
		if now(9) {
			e.Want, e.Ret, e.Level, e.Data = r.Uint32(), int32(r.Uint32()), int64(r.Uint64()), data(r.Uint64())
		}
		if now(30) {
			e.Seq, e.At, e.Kind, e.Call = r.Uint64(), int64(r.Uint64()), lab.Kind(r.Uint32()), lab.Call(r.Uint32())
		}
		b.Records([]lab.Event{e})
	}
	return b
}
