// Command atalaya-verify checks an Atalaya ledger from outside. It shares no
// code with the program that writes the ledger; docs/oversight.md is its guide.
package main

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"atalaya/ledger/proof"
)

const usage = `atalaya-verify checks an Atalaya ledger from outside.

  atalaya-verify check DIR --key VKEY       an export: signatures, tree, openings, rules
  atalaya-verify compare DIR1 DIR2 --key VKEY
                                            two copies of one log, the earlier first
  atalaya-verify bundle FILE --key VKEY     a disclosure
  atalaya-verify audit DIR [ANSWER] --draw NAME --key VKEY
                                            an audit's draw: what it selects, and the
                                            answer to it, a disclosure
  atalaya-verify page                       prints the same check of disclosures as a
                                            page for a browser without a network

  --key VKEY      verifier key of the log, from a source that you trust;
                  several after a succession
  --witness VKEY  verifier key of a witness; may come several times
  --quorum N      how many of the witnesses must have cosigned (all of them)
  --policy FILE   keys of the log and of witnesses, and who of these must have
                  cosigned, as C2SP tlog-policy has them; instead of --key,
                  --witness and --quorum
  --last FILE     check: a checkpoint that you kept
  --headquarters DIR
                  check: of an outpost's log: an export of the log in which its
                  checkpoints are entered
  --headquarters-key VKEY
                  verifier key of that log; several after a succession
  --at TIME       check: judge what is overdue at this time (now), RFC 3339
  --draw NAME     audit: name of the draw, as D1
  --seed HEX      audit: the seed, where the log does not show it
  --json          a finding a line as {"kind","where","why"}, and nothing else

It exits with 0 when all holds, with 1 when it found something, and with 2 when
it could not check.
`

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// errUsage is a command line that cannot be meant.
var errUsage = errors.New("see atalaya-verify --help")

func run(args []string, out, errs io.Writer) int {
	if len(args) == 1 && args[0] == "page" {
		fmt.Fprint(out, proof.Page())
		return 0
	}
	findings, said, asJSON, err := verify(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(out, usage)
		return 0
	case err != nil:
		fmt.Fprintf(errs, "atalaya-verify: %v\n", err)
		return 2
	}
	for _, f := range findings {
		if asJSON {
			line, err := json.Marshal(f)
			if err != nil {
				fmt.Fprintf(errs, "atalaya-verify: %v\n", err)
				return 2
			}
			fmt.Fprintf(out, "%s\n", line)
		} else {
			fmt.Fprintln(out, f)
		}
	}
	if !asJSON {
		fmt.Fprint(out, said)
	}
	if len(findings) > 0 {
		return 1
	}
	return 0
}

// options are the flags, read.
type options struct {
	proof.Options
	json bool
	draw string
	seed []byte
}

func verify(args []string) (findings []proof.Finding, said string, asJSON bool, err error) {
	if len(args) == 0 || args[0] == "-h" || args[0] == "--help" || args[0] == "help" {
		return nil, "", false, flag.ErrHelp
	}
	want, ok := map[string]int{"check": 1, "compare": 2, "bundle": 1, "audit": 1}[args[0]]
	if !ok {
		return nil, "", false, fmt.Errorf("there is no command %q: %w", args[0], errUsage)
	}
	o, rest, err := parse(args[0], args[1:])
	if err != nil {
		return nil, "", false, err
	}
	if len(rest) != want && (args[0] != "audit" || len(rest) != want+1) {
		return nil, "", false, fmt.Errorf("%s takes %d path(s), not %d: %w", args[0], want, len(rest), errUsage)
	}
	switch args[0] {
	case "check":
		findings, said, err = check(rest[0], o)
	case "compare":
		findings, err = proof.Compare(os.DirFS(rest[0]), os.DirFS(rest[1]), o.Keys)
		said = fmt.Sprintf("Two copies of one log. %s\n", verdict(findings))
	case "bundle":
		findings, said, err = bundle(rest[0], o)
	case "audit":
		findings, said, err = audit(rest, o)
	}
	return findings, said, o.json, err
}

func check(dir string, o options) ([]proof.Finding, string, error) {
	s, findings, err := proof.CheckExport(os.DirFS(dir), o.Options)
	if err != nil {
		return nil, "", err
	}
	entered := ""
	if o.Headquarters != nil {
		entered = fmt.Sprintf(" Headquarters entered %d of its heads.", s.Entered)
	}
	return findings, fmt.Sprintf("%s: %d entries, %d opened for the view %s.%s%s %s\n",
		s.Checkpoint.Origin, s.Checkpoint.Size, s.Records, s.View, cosigned(s.Checkpoint), entered, verdict(findings)), nil
}

func audit(paths []string, o options) ([]proof.Finding, string, error) {
	if o.draw == "" {
		return nil, "", fmt.Errorf("--draw is missing: name the draw: %w", errUsage)
	}
	var answer []byte
	if len(paths) > 1 {
		var err error
		if answer, err = os.ReadFile(paths[1]); err != nil {
			return nil, "", fmt.Errorf("reading the answer: %w", err)
		}
	}
	s, findings, err := proof.CheckDraw(os.DirFS(paths[0]), o.draw, o.seed, answer, o.Options)
	if err != nil {
		return nil, "", err
	}
	return findings, fmt.Sprintf("%s%s\n", s, verdict(findings)), nil
}

func bundle(file string, o options) ([]proof.Finding, string, error) {
	data, err := os.ReadFile(file) //nolint:gosec // the file that the user names
	if err != nil {
		return nil, "", fmt.Errorf("reading the bundle: %w", err)
	}
	s, findings, err := proof.CheckBundle(data, o.Keys)
	if err != nil {
		return nil, "", err
	}
	return findings, fmt.Sprintf("%s: %d fields of %d entries, opened for the view %s.%s %s\n",
		s.Checkpoint.Origin, s.Fields, s.Entries, s.View, cosigned(s.Checkpoint), verdict(findings)), nil
}

func verdict(findings []proof.Finding) string {
	switch len(findings) {
	case 0:
		return "All holds."
	case 1:
		return "1 finding."
	}
	return fmt.Sprintf("%d findings.", len(findings))
}

func cosigned(c proof.Checkpoint) string {
	var b strings.Builder
	for _, s := range c.Cosigned {
		fmt.Fprintf(&b, " Cosigned by %s at %s.", s.Witness, s.At.Format(time.RFC3339))
	}
	return b.String()
}

// parse reads flags that may stand before or after the paths.
func parse(command string, args []string) (options, []string, error) {
	var keys, witnesses, over list
	var last, at string
	o := options{}
	f := flag.NewFlagSet(command, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.Var(&keys, "key", "")
	f.Var(&witnesses, "witness", "")
	quorum := f.Int("quorum", -1, "")
	policy := f.String("policy", "", "")
	f.StringVar(&last, "last", "", "")
	f.StringVar(&at, "at", "", "")
	headquarters := f.String("headquarters", "", "")
	f.Var(&over, "headquarters-key", "")
	f.BoolVar(&o.json, "json", false, "")
	f.StringVar(&o.draw, "draw", "", "")
	seed := f.String("seed", "", "")
	var paths []string
	for len(args) > 0 {
		if err := f.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return o, nil, err
			}
			return o, nil, fmt.Errorf("%w: %w", err, errUsage)
		}
		if args = f.Args(); len(args) > 0 {
			paths, args = append(paths, args[0]), args[1:]
		}
	}
	if *policy != "" {
		if len(keys)+len(witnesses) > 0 || *quorum >= 0 {
			return o, nil, fmt.Errorf("--policy stands instead of --key, --witness and --quorum: %w", errUsage)
		}
		text, err := os.ReadFile(*policy)
		if err != nil {
			return o, nil, fmt.Errorf("reading the policy: %w", err)
		}
		if o.Keys, err = proof.ParsePolicy(string(text)); err != nil {
			return o, nil, fmt.Errorf("%s: %w", *policy, err)
		}
		if len(o.Keys.Log) == 0 {
			return o, nil, fmt.Errorf("%s has no line 'log VKEY': without a key from elsewhere nothing is proven", *policy)
		}
	} else if len(keys) == 0 {
		return o, nil, fmt.Errorf("--key is missing: without a key from elsewhere nothing is proven: %w", errUsage)
	}
	for _, k := range keys {
		v, err := proof.ParseLogKey(k)
		if err != nil {
			return o, nil, err
		}
		o.Keys.Log = append(o.Keys.Log, v)
	}
	if (*headquarters != "") != (len(over) > 0) {
		return o, nil, fmt.Errorf("--headquarters and --headquarters-key go together: %w", errUsage)
	}
	if *headquarters != "" {
		o.Headquarters = os.DirFS(*headquarters)
	}
	for _, k := range over {
		v, err := proof.ParseLogKey(k)
		if err != nil {
			return o, nil, err
		}
		o.HeadquartersKeys.Log = append(o.HeadquartersKeys.Log, v)
	}
	for _, k := range witnesses {
		v, err := proof.ParseWitnessKey(k)
		if err != nil {
			return o, nil, err
		}
		o.Keys.Witnesses = append(o.Keys.Witnesses, v)
	}
	if o.Keys.Quorum = *quorum; *quorum < 0 {
		o.Keys.Quorum = len(witnesses)
	}
	if *seed != "" {
		raw, err := hex.DecodeString(*seed)
		if err != nil {
			return o, nil, fmt.Errorf("--seed: %w", err)
		}
		o.seed = raw
	}
	o.Now = time.Now()
	if at != "" {
		t, err := time.Parse(time.RFC3339, at)
		if err != nil {
			return o, nil, fmt.Errorf("--at: %w", err)
		}
		o.Now = t
	}
	if last != "" {
		data, err := os.ReadFile(last) //nolint:gosec // the file that the user names
		if err != nil {
			return o, nil, fmt.Errorf("reading the kept checkpoint: %w", err)
		}
		o.Last = data
	}
	return o, paths, nil
}

// list is a flag that may come several times.
type list []string

func (l *list) String() string     { return strings.Join(*l, " ") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }
