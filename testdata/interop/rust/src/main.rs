//! encode FOLDER [REPEATS]: vectors of texts by model2vec-rs.
//!
//! stdin: a JSON string a line. stdout: the vectors, float32, little-endian,
//! row by row. stderr: seconds to load and of each pass, as one JSON object.
//! `normalize` is left to the folder's config, which m2v always writes.

use std::io::{self, BufWriter, Read, Write};
use std::time::Instant;

use model2vec_rs::model::StaticModel;

type Error = Box<dyn std::error::Error>;

fn main() -> Result<(), Error> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().ok_or("usage: encode FOLDER [REPEATS] <texts.jsonl >vectors")?;
    let repeats: usize = args.next().map_or(Ok(1), |n| n.parse())?;

    let mut input = String::new();
    io::stdin().read_to_string(&mut input)?;
    let texts = input.lines().map(serde_json::from_str).collect::<Result<Vec<String>, _>>()?;

    let start = Instant::now();
    let model = StaticModel::from_pretrained(&folder, None, None, None).map_err(|e| e.to_string())?;
    let load = start.elapsed().as_secs_f64();

    let mut passes = Vec::new();
    let mut vectors = Vec::new();
    for _ in 0..repeats {
        let start = Instant::now();
        vectors = model.encode_flat(&texts);
        passes.push(start.elapsed().as_secs_f64());
    }

    let mut out = BufWriter::new(io::stdout().lock());
    for value in &vectors {
        out.write_all(&value.to_le_bytes())?;
    }
    out.flush()?;
    eprintln!("{}", serde_json::json!({ "load": load, "passes": passes }));
    Ok(())
}
