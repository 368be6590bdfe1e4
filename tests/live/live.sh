# live.sh - what the live tests share: namespaces, and the program running in one of them.  Sourced after
# lib.sh.  Everything made here is removed by lib.sh's trap.

# need_namespaces: root, ip netns, and a kernel that gives them; else the test says why it is skipped.
need_namespaces() {
	[ -z "${NW_REDUCED-}" ] || skip_all 'reduced run: another run has the live tests'
	[ "$(id -u)" -eq 0 ] || skip_all 'needs root for network namespaces'
	have ip || skip_all 'no ip (iproute2)'
	probe=nwprobe$$
	ip netns add "$probe" 2>"$scratch/why" || skip_all "no network namespaces: $(head -n 1 "$scratch/why")"
	at_exit "ip netns del $probe 2>/dev/null"
	ip -n "$probe" link add v0 type veth peer name v1 2>"$scratch/why" ||
		skip_all "no veth pairs: $(head -n 1 "$scratch/why")"
	ip netns del "$probe"
}

# namespace NAME: a fresh one, silent: without IPv6 nobody speaks before we do.
namespace() {
	ip netns add "$1" || bail "ip netns add $1"
	at_exit "ip netns del $1 2>/dev/null"
	ip netns exec "$1" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
		echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6' 2>/dev/null
	ip -n "$1" link set lo up
}

# cable NS IF NS IF: a veth pair, both ends up, without offloads that would merge or split frames.
cable() {
	ip -n "$1" link add "$2" type veth peer name "$4" netns "$3" || bail "veth $2 $4"
	for end in "$1 $2" "$3 $4"; do
		set -- $end
		ip netns exec "$1" ethtool -K "$2" tso off gso off gro off >/dev/null 2>&1
		ip -n "$1" link set "$2" up
	done
}

sockets() {	# sockets NS: packet sockets there, and one line for the heading
	ip netns exec "$1" cat /proc/net/packet | wc -l
}

# start_live NS NAME ARGUMENTS...: nachtwacht live in NS, in the background, for a minute at most or
# $live_seconds; waits until its packet socket is there.  A shell's background jobs ignore SIGINT, so the
# default is put back.
start_live() {
	live_ns=$1
	live_name=$2
	shift 2
	others=$(sockets "$live_ns")
	timeout --foreground -k 5 "${live_seconds:-60}" env --default-signal=INT,TERM ip netns exec "$live_ns" "$nachtwacht" live "$@" \
		>"$scratch/$live_name.out" 2>"$scratch/$live_name.err" &
	live_timer=$!
	at_exit "kill $live_timer 2>/dev/null"
	tries=0
	until [ "$(sockets "$live_ns")" -gt "$others" ]; do
		tries=$((tries + 1))
		if [ "$tries" -gt 100 ] || ! kill -0 "$live_timer" 2>/dev/null; then
			ok 1 "$live_name: nachtwacht live starts"
			show <"$scratch/$live_name.err"
			tap_done
		fi
		sleep 0.1
	done
	ok 0 "$live_name: nachtwacht live starts"
	sleep 0.3
}

# stop_live SIGNAL: ends it; the exit status to $status, the seconds it took to $took.
stop_live() {
	begin=$(date +%s)
	status=0
	# timeout(1) passes it on to the program; without --foreground it would come twice.
	kill -s "$1" "$live_timer"
	wait "$live_timer" || status=$?
	took=$(($(date +%s) - begin))
}

# hang_up TIMER: SIGHUP to the sensor under the timeout(1) of that process; that one would end it 5 s later.
hang_up() {
	read -r sensor _ <"/proc/$1/task/$1/children"
	kill -HUP "$sensor"
}
