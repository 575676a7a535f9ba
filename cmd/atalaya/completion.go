package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Run prints the script, made from the command line's own model.
func (c *completionCmd) Run(app *kong.Application, std streams) error {
	nodes := words(app.Node, nil)
	switch c.Shell {
	case "fish":
		return fish(std.out, nodes)
	case "zsh":
		if _, err := io.WriteString(std.out, "autoload -U +X bashcompinit && bashcompinit\n"); err != nil {
			return err
		}
	}
	return bash(std.out, nodes)
}

// node is one command and what may follow it.
type node struct {
	path  string // "config print"; "" is the program itself
	words []string
	helps []string
}

func words(n *kong.Node, path []string) []node {
	here := node{path: strings.Join(path, " ")}
	add := func(word, help string) {
		here.words, here.helps = append(here.words, word), append(here.helps, help)
	}
	var below []node
	for _, child := range n.Children {
		if child.Hidden {
			continue
		}
		add(child.Name, child.Help)
		below = append(below, words(child, append(slices.Clip(path), child.Name))...)
	}
	for at := n; at != nil; at = at.Parent {
		for _, f := range at.Flags {
			if !f.Hidden {
				add("--"+f.Name, f.Help)
			}
		}
	}
	for _, arg := range n.Positional {
		for _, v := range arg.EnumSlice() {
			if v != "" {
				add(v, "")
			}
		}
	}
	return append([]node{here}, below...)
}

func bash(w io.Writer, nodes []node) error {
	var b strings.Builder
	b.WriteString("_atalaya() {\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} path='' i words\n")
	b.WriteString("\tfor ((i = 1; i < COMP_CWORD; i++)); do\n\t\tcase \"${path:+$path }${COMP_WORDS[i]}\" in\n")
	for _, n := range nodes[1:] {
		fmt.Fprintf(&b, "\t\t'%s') path='%s' ;;\n", n.path, n.path)
	}
	b.WriteString("\t\tesac\n\tdone\n\tcase \"$path\" in\n")
	for _, n := range nodes {
		fmt.Fprintf(&b, "\t'%s') words='%s' ;;\n", n.path, strings.Join(n.words, " "))
	}
	b.WriteString("\tesac\n\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\"; [[ $cur == -* ]] || compgen -f -- \"$cur\")\n}\n")
	b.WriteString("complete -o filenames -F _atalaya atalaya\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func fish(w io.Writer, nodes []node) error {
	var b strings.Builder
	for _, n := range nodes {
		cond := "__fish_use_subcommand"
		if n.path != "" {
			parts := strings.Fields(n.path)
			for i, p := range parts {
				parts[i] = "__fish_seen_subcommand_from " + p
			}
			cond = strings.Join(parts, "; and ")
		}
		for i, word := range n.words {
			kind := "-a " + word
			if flag, ok := strings.CutPrefix(word, "--"); ok {
				kind = "-l " + flag
			}
			fmt.Fprintf(&b, "complete -c atalaya -n '%s' %s -d '%s'\n", cond, kind, strings.ReplaceAll(n.helps[i], "'", "\\'"))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
