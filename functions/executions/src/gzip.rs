//! Bodies that are sent packed.

use std::io::Read as _;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use runledger_web::Problem;

/// Unpacks gzip (RFC 1952), of one member or several. What is too large is noticed while it is unpacked.
pub(crate) fn gunzip(packed: &[u8], limit: usize) -> Result<Bytes, Problem> {
    let mut whole = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    MultiGzDecoder::new(packed)
        .take(most)
        .read_to_end(&mut whole)
        .map_err(|_| Problem::malformed("the body is not gzip, as its Content-Encoding says, or it is cut off"))?;
    if whole.len() > limit {
        return Err(Problem::too_large(limit));
    }
    Ok(whole.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        use std::io::Write;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn what_is_packed_is_unpacked_up_to_the_limit() {
        assert_eq!(gunzip(&gzip(b"[1]"), 3).unwrap(), "[1]");
        let members = [gzip(b"[1,"), gzip(b"2]")].concat();
        assert_eq!(gunzip(&members, 5).unwrap(), "[1,2]");
        for (packed, status) in [
            (gzip(b"[1]"), 413),
            (gzip(&vec![b' '; 1 << 20]), 413),
            (b"[1]".to_vec(), 400),
            (Vec::new(), 400),
            (gzip(b"[1]")[..12].to_vec(), 400),
        ] {
            assert_eq!(gunzip(&packed, 2).unwrap_err().status().as_u16(), status);
        }
    }
}
