//! The two headers by which proxies say for whom they ask: the hops, the nearest first. One that cannot be read, or that
//! hides its address, is none.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// `X-Forwarded-For: client, proxy, proxy`, its lines in their order.
pub(super) fn by_x(lines: &[&str]) -> Vec<Option<IpAddr>> {
    lines.iter().flat_map(|line| line.split(',')).map(node).rev().collect()
}

/// `Forwarded: for=client;proto=https, for="[2001:db8::1]:4711"`, as RFC 7239 has it.
pub(super) fn by_rfc_7239(lines: &[&str]) -> Vec<Option<IpAddr>> {
    let elements = lines.iter().flat_map(|line| unquoted(line, ','));
    let mut hops: Vec<_> = elements.map(element).collect();
    hops.reverse();
    hops
}

/// For whom one proxy asked. A quote that a client left open, or put where none belongs, would take in what its proxy adds:
/// an element with one is not read at all.
fn element(element: &str) -> Option<IpAddr> {
    let mut client = None;
    for pair in unquoted(element, ';').into_iter().filter(|pair| !pair.trim().is_empty()) {
        let (name, value) = pair.split_once('=')?;
        let value = unquote(value.trim())?;
        if name.trim().eq_ignore_ascii_case("for") {
            client = client.or(Some(value));
        }
    }
    node(client?)
}

/// What a value says: a whole quoted string, or text without a quote.
fn unquote(value: &str) -> Option<&str> {
    let inner = match value.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"'),
        None => Some(value),
    };
    // An address has no need of escapes, and what has one is no address.
    inner.filter(|inner| !inner.contains('"'))
}

/// The parts between separators that stand outside of quotes. Where a quote is left open, all behind it is one part,
/// which nobody can read.
fn unquoted(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut from, mut is_quoted, mut is_escaped) = (Vec::new(), 0, false, false);
    for (at, sign) in text.char_indices() {
        match sign {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ if sign == separator && !is_quoted => {
                parts.extend(text.get(from..at));
                from = at + sign.len_utf8();
            }
            _ => {}
        }
    }
    parts.extend(text.get(from..));
    parts
}

/// An address, with a port or without: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = || text.parse::<IpAddr>().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let bracketed = || {
        let inner = text.strip_prefix('[')?.strip_suffix(']')?;
        inner.parse::<Ipv6Addr>().ok().map(IpAddr::from)
    };
    bare().or_else(with_port).or_else(bracketed).map(|address| address.to_canonical())
}
