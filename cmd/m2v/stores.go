package main

import (
	"os"

	"github.com/m2v-dev/m2v/store"
	"github.com/m2v-dev/m2v/store/s3"
)

// stores open the folders of texts and features that are named by URLs.
func (a *app) stores() store.Schemes {
	home, err := os.UserHomeDir()
	if err != nil {
		home = "" // no .aws/credentials then
	}
	return store.Schemes{"s3": s3.Opener(s3.ConfigFromEnv(a.getenv, home))}
}

// folders are the folders that names stand for.
func (a *app) folders(names []string) (list []store.Folder, err error) {
	for _, name := range names {
		dir, err := a.stores().Folder(name)
		if err != nil {
			return nil, err
		}
		list = append(list, dir)
	}
	return list, nil
}
