# JSON without a JSON tool: a minimal server has none. Values come back in REPLY to save a fork each.

# tb_json VALUE: REPLY = VALUE as a JSON string. Control characters are dropped, broken UTF-8 is dropped.
tb_json() {
  local LC_ALL=C s=$1
  if [[ $s == *[$'\x80'-$'\xff']* ]]; then s=$(printf '%s' "$s" | iconv -c -f UTF-8 -t UTF-8 2> /dev/null); fi
  s=${s//\\/\\\\}
  s=${s//\"/\\\"}
  s=${s//$'\n'/\\n}
  s=${s//$'\t'/\\t}
  s=${s//[[:cntrl:]]/}
  REPLY="\"$s\""
}

# tb_json_or_null VALUE: the same, but an empty value is null.
tb_json_or_null() {
  if [[ -n $1 ]]; then tb_json "$1"; else REPLY=null; fi
}

# tb_now: REPLY = the time in UTC as RFC 3339.
tb_now() { TZ=UTC0 printf -v REPLY '%(%Y-%m-%dT%H:%M:%SZ)T' -1; }

# tb_ms: REPLY = milliseconds since the epoch.
tb_ms() {
  local now=${EPOCHREALTIME/[.,]/}
  REPLY=${now%???}
}
