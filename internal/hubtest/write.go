package hubtest

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// serveWrite answers the requests of an upload.
//
// Source: huggingface_hub 1.33.0, _commit_api.py and lfs.py, as a client sees it.
func (h *Server) serveWrite(w http.ResponseWriter, r *http.Request, path string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client has gone
	}
	if path == "api/repos/create" {
		h.create(w, body)
		return
	}
	if h.Missing {
		Refuse(w, http.StatusNotFound, "RepoNotFound", "Repository not found")
		return
	}
	if oid, ok := strings.CutPrefix(path, "complete/"); ok {
		h.complete(w, oid, body)
		return
	}
	switch path {
	case h.Repo + ".git/info/lfs/objects/batch":
		h.batch(w, body)
		return
	case "verify":
		h.verify(w, body)
		return
	}
	rest, _ := strings.CutPrefix(path, "api/models/"+h.Repo+"/")
	verb, escaped, _ := strings.Cut(rest, "/")
	rev, _ := url.PathUnescape(escaped)
	switch {
	case verb == "branch":
		h.Refs[rev] = h.Refs["main"]
		answer(w, map[string]any{})
	case h.Refs[rev] == "":
		Refuse(w, http.StatusNotFound, "RevisionNotFound", "Invalid rev id: "+rev)
	case verb == "preupload":
		h.preupload(w, body)
	case verb == "commit":
		h.commit(w, rev, r.URL.Query().Get("create_pr") == "1", body)
	default:
		http.NotFound(w, r)
	}
}

func answer(w http.ResponseWriter, v any) { _ = json.NewEncoder(w).Encode(v) }

func (h *Server) create(w http.ResponseWriter, body []byte) {
	var want struct{ Name, Organization, Visibility string }
	_ = json.Unmarshal(body, &want)
	if want.Organization+"/"+want.Name != h.Repo {
		Refuse(w, http.StatusForbidden, "", "You don't have the rights to create a model under this namespace")
		return
	}
	if !h.Missing {
		Refuse(w, http.StatusConflict, "", "You already created this model repo")
		return
	}
	h.Missing, h.Private = false, want.Visibility == "private"
	clear(h.Commits)
	h.Push("main", map[string]string{".gitattributes": "*.safetensors filter=lfs\n"})
	answer(w, map[string]any{"url": h.Hub.URL + "/" + h.Repo})
}

func (h *Server) preupload(w http.ResponseWriter, body []byte) {
	var want struct {
		Files []struct {
			Path, Sample string
			Size         int
		}
	}
	if json.Unmarshal(body, &want) != nil || len(want.Files) > 256 {
		Refuse(w, http.StatusBadRequest, "", "not files, or more than 256")
		return
	}
	list := []map[string]any{}
	for _, f := range want.Files {
		mode := "regular"
		if h.Large(f.Path) {
			mode = "lfs"
		}
		list = append(list, map[string]any{"path": f.Path, "uploadMode": mode, "shouldIgnore": strings.HasSuffix(f.Path, ".ignored")})
	}
	answer(w, map[string]any{"files": list})
}

type object struct {
	OID  string `json:"oid"`
	Size int    `json:"size"`
}

func (h *Server) batch(w http.ResponseWriter, body []byte) {
	var want struct {
		Operation string
		Transfers []string
		Objects   []object
	}
	if json.Unmarshal(body, &want) != nil || want.Operation != "upload" || slices.Contains(want.Transfers, "xet") {
		Refuse(w, http.StatusUnprocessableEntity, "", "not an upload")
		return
	}
	list := []map[string]any{}
	for _, o := range want.Objects {
		entry := map[string]any{"oid": o.OID, "size": o.Size}
		if h.uploads[o.OID] == nil {
			upload := map[string]any{"href": h.CDNURL + "/" + o.OID + "?signature=secret"}
			if h.Part > 0 && o.Size > h.Part {
				header := map[string]string{"chunk_size": strconv.Itoa(h.Part)}
				for i := 0; i*h.Part < o.Size; i++ {
					header[fmt.Sprintf("%05d", i+1)] = fmt.Sprintf("%s/%s?signature=secret&part=%d", h.CDNURL, o.OID, i+1)
				}
				upload = map[string]any{"href": h.Hub.URL + "/complete/" + o.OID, "header": header}
			}
			entry["actions"] = map[string]any{"upload": upload, "verify": map[string]any{"href": h.Hub.URL + "/verify"}}
		}
		list = append(list, entry)
	}
	answer(w, map[string]any{"transfer": "basic", "objects": list})
}

// takePart takes a part of an upload, or the whole.
func (h *Server) takePart(w http.ResponseWriter, r *http.Request, oid string) {
	body, err := io.ReadAll(r.Body)
	if err != nil || int64(len(body)) != r.ContentLength {
		return // the client has gone
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	part := r.URL.Query().Get("part")
	if part == "" {
		h.uploads[oid] = body
		return
	}
	if h.parts[oid] == nil {
		h.parts[oid] = map[string][]byte{}
	}
	h.parts[oid][part] = body
	w.Header().Set("ETag", `"part-`+part+`"`)
}

func (h *Server) complete(w http.ResponseWriter, oid string, body []byte) {
	var want struct {
		OID   string
		Parts []struct {
			PartNumber int
			ETag       string
		}
	}
	if json.Unmarshal(body, &want) != nil || want.OID != oid || len(want.Parts) != len(h.parts[oid]) {
		Refuse(w, http.StatusBadRequest, "", "not the parts that were uploaded")
		return
	}
	var all []byte
	for i, p := range want.Parts {
		if p.PartNumber != i+1 || p.ETag != fmt.Sprintf(`"part-%d"`, i+1) {
			Refuse(w, http.StatusBadRequest, "", "not the parts that were uploaded")
			return
		}
		all = append(all, h.parts[oid][strconv.Itoa(i+1)]...)
	}
	h.uploads[oid] = all
}

func (h *Server) verify(w http.ResponseWriter, body []byte) {
	var o object
	if json.Unmarshal(body, &o) != nil || len(h.uploads[o.OID]) != o.Size || SHA256(h.uploads[o.OID]) != o.OID {
		delete(h.uploads, o.OID)
		Refuse(w, http.StatusUnprocessableEntity, "", "the uploaded file's checksum is not "+o.OID)
	}
}

func (h *Server) commit(w http.ResponseWriter, rev string, request bool, body []byte) {
	parent := h.Refs[rev]
	files := maps.Clone(h.Commits[parent])
	var header struct{ Summary, Description, ParentCommit string }
	lines := bufio.NewScanner(bytes.NewReader(body))
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var line struct {
			Key   string
			Value json.RawMessage
		}
		var file struct{ Path, Content, Encoding, Algo, OID string }
		err := json.Unmarshal(lines.Bytes(), &line)
		if err == nil {
			err = json.Unmarshal(line.Value, &file)
		}
		if err == nil && line.Key == "header" {
			err = json.Unmarshal(line.Value, &header)
		}
		switch {
		case err != nil:
		case line.Key == "file":
			files[file.Path], err = base64.StdEncoding.DecodeString(file.Content)
		case line.Key == "lfsFile" && h.uploads[file.OID] != nil && file.Algo == "sha256":
			files[file.Path] = h.uploads[file.OID]
		case line.Key == "lfsFile":
			err = fmt.Errorf("%s was not uploaded", file.Path)
		case line.Key == "deletedFile":
			delete(files, file.Path)
		}
		if err != nil {
			Refuse(w, http.StatusBadRequest, "", err.Error())
			return
		}
	}
	if header.ParentCommit != "" && header.ParentCommit != parent {
		Refuse(w, http.StatusPreconditionFailed, "", "A commit has happened since. Please refresh and try again.")
		return
	}
	h.Messages = append(h.Messages, header.Summary)
	commit := GitSHA1(append(fmt.Appendf(nil, "%s %d %q ", parent, len(h.Messages), header), body...))
	h.Commits[commit] = files
	result := map[string]any{"commitOid": commit, "commitUrl": h.Hub.URL + "/" + h.Repo + "/commit/" + commit}
	if request {
		h.Refs["refs/pr/1"] = commit
		result["pullRequestUrl"] = h.Hub.URL + "/" + h.Repo + "/discussions/1"
	} else {
		h.Refs[rev] = commit
	}
	answer(w, result)
}
