package hub

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// resolve asks the Hub which commit a revision stands for.
func (c *client) resolve(ctx context.Context, repo, rev string) (string, error) {
	var info struct {
		SHA string `json:"sha"`
	}
	if _, err := c.json(ctx, c.url("", "api/models", repo, "revision", url.PathEscape(rev)), &info); err != nil {
		return "", err
	}
	if !commitID().MatchString(info.SHA) {
		return "", fmt.Errorf("commit %q of the answer is not a git hash", printable(info.SHA))
	}
	return info.SHA, nil
}

// list asks the Hub for the files of a commit, page by page.
func (c *client) list(ctx context.Context, repo, commit string) (listing, error) {
	files := listing{}
	address := c.url("recursive=true&expand=false", "api/models", repo, "tree", commit)
	for seen := map[string]bool{}; address != ""; {
		if seen[address] {
			return nil, errors.New("a page of the answer points back to an earlier page")
		}
		seen[address] = true
		var page []treeEntry
		header, err := c.json(ctx, address, &page)
		if err != nil {
			return nil, err
		}
		if err := files.add(page); err != nil {
			return nil, err
		}
		if address, err = c.next(header); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// next returns the address of the next page, "" after the last: the Link
// header's rel="next". It must be the endpoint's: the token goes there. A
// mirror may pass on the Hub's own address, which becomes the mirror's.
func (c *client) next(h http.Header) (string, error) {
	for _, link := range strings.Split(strings.Join(h.Values("Link"), ","), ",") {
		target, params, ok := strings.Cut(strings.TrimSpace(link), ">")
		if !ok || !strings.HasPrefix(target, "<") || !strings.Contains(params, `rel="next"`) {
			continue
		}
		address := strings.TrimPrefix(target, "<")
		base := c.url("")
		if rest, ok := strings.CutPrefix(address, DefaultEndpoint+"/"); ok {
			address = base + "/" + rest
		}
		if !strings.HasPrefix(address, base+"/") {
			return "", fmt.Errorf("the next page is on another server, %q", printable(address))
		}
		return address, nil
	}
	return "", nil
}
