package servers

import (
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// guardScript waits until our end of the pipe is closed, which the system does however we die, and then ends the target.
// What still runs ten seconds later is killed; a throw-away directory is removed, its parent too when this was the last in it.
const guardScript = `cat >/dev/null
kill -s "$1" -- "$2" 2>/dev/null
n=0
while kill -s 0 -- "$2" 2>/dev/null && [ $n -lt 100 ]; do sleep 0.1; n=$((n+1)); done
kill -s KILL -- "$2" 2>/dev/null
[ -z "$3" ] || { rm -rf "$3"; rmdir "$(dirname "$3")"; }`

// Guard ends a process after our own death, SIGKILL included, where no clean-up of ours can run.
type Guard struct {
	cmd  *exec.Cmd
	pipe io.Closer
}

// NewGuard watches over a process, or with a negative number over a process group. signal is a name such as "TERM".
// A directory that is not empty is removed afterwards.
func NewGuard(target int, signal, directory string) (*Guard, error) {
	cmd := exec.Command("sh", "-c", guardScript, "guard", signal, strconv.Itoa(target), directory)
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is not for it
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	return &Guard{cmd, pipe}, cmd.Start()
}

// Dismiss ends the guard and leaves the target alone.
func (g *Guard) Dismiss() {
	_ = g.cmd.Process.Kill() // before the pipe closes: it must not act
	_ = g.cmd.Wait()
	_ = g.pipe.Close()
}
