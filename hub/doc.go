// Package hub turns the name of a model on the Hugging Face Hub into a local
// folder. What it downloads is checked against the sizes and hashes that the Hub lists,
// before it is visible in the cache. What the cache has is taken as it is: only its size is
// compared, where the commit's listing is known.
//
// It reads and fills the cache that the Python client huggingface_hub keeps,
// in its layout, so that a model is on disk once, whichever program fetched it:
//
//	CACHE/models--ORG--NAME/refs/main            the commit that a branch or tag stood for
//	                        snapshots/COMMIT/…   the files, each a relative link to its blob
//	                        blobs/ETAG           contents; the name is the SHA-256 (large files) or the git SHA-1
//	                        trees/COMMIT.json    the names, sizes and hashes of a commit
//	CACHE/.locks/models--ORG--NAME/ETAG.lock     held while a blob is written
//
// Fetch goes, in order:
//
//  1. cached: the revision's commit, and of its files those wanted. If all are
//     there, no request of any kind is made.
//  2. resolve: GET /api/models/ID/revision/REV → commit.
//  3. list: GET /api/models/ID/tree/COMMIT → path, size and hash of each file.
//  4. pick: the wanted files that exist.
//  5. download: GET /ID/resolve/COMMIT/PATH → blob, hashed while it streams,
//     resumed where an earlier try broke off; then linked into the snapshot.
//  6. remember: refs/REV is written last, so that a run cut short never hides
//     an older snapshot that is complete.
//
// The package prints nothing and reads no environment variable of its own
// (ConfigFromEnv is handed a getenv); proxies are net/http's business.
package hub
