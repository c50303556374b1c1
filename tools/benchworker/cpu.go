package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ticks is USER_HZ: the unit of times in /proc, 100 a second on every Linux.
const ticks = 100

// ownCPU is what this process has used.
func ownCPU() time.Duration {
	var use syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &use) // it cannot fail for oneself
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

// serverCPU is what a Postgres has used: its first process, those that it has started, and those that have ended.
// 0 on a system without /proc.
func serverCPU(postmaster int) (sum time.Duration) {
	files, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is a constant
	for _, file := range files {
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		parent, own, ended := stat(file)
		switch postmaster {
		case pid:
			sum += own + ended
		case parent:
			sum += own
		}
	}
	return sum
}

// stat reads /proc/PID/stat; see proc(5). The fields after the name, which may hold anything, are counted from 3.
func stat(file string) (parent int, own, ended time.Duration) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, 0, 0 // it has ended
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	number := func(n int) int {
		v, _ := strconv.Atoi(fields[n-3])
		return v
	}
	span := func(user, system int) time.Duration {
		return time.Duration(number(user)+number(system)) * time.Second / ticks
	}
	return number(4), span(14, 15), span(16, 17)
}
