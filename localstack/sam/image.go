package sam

import (
	"archive/tar"
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
)

const (
	// realImage is how the name of AWS's own image ends, whichever registry it came from.
	realImage = "lambda/provided:al2023-"
	// soughtImage is the one that SAM's own commands look for.
	soughtImage = "public.ecr.aws/" + realImage
	// ownImage is ours. SAM keeps what it builds on it under this name without looking at it again: a change of its
	// contents needs another name.
	ownImage = "mercato-lambda:"
)

// prepareImage answers the image that the functions run in: AWS's when it is there, else ours. Ours is made of busybox and what
// SAM needs to add its Runtime API; it has no C library and no certificates, which these functions do without.
func (d *Docker) prepareImage(ctx context.Context) (string, error) {
	listed, err := d.run(ctx, "images", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}")
	if err != nil {
		return "", err
	}
	name, made := choose(listed)
	if !made {
		if err := d.makeImage(ctx, name); err != nil {
			return "", err
		}
	}
	// Nobody else's daemon gets an image under AWS's name; ours has it for SAM's own commands.
	if d.own != nil && strings.HasPrefix(name, ownImage) {
		if _, err := d.run(ctx, "tag", name, soughtImage+architecture()); err != nil {
			return "", err
		}
	}
	return name, nil
}

// choose answers the image to run in, and whether it is in the list of names and ids.
func choose(listed string) (name string, made bool) {
	ids := map[string]string{}
	ours := map[string]bool{}
	for line := range strings.Lines(listed) {
		name, id, _ := strings.Cut(strings.TrimSpace(line), " ")
		ids[name] = id
		if strings.HasPrefix(name, ownImage) {
			ours[id] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(ids)) {
		if strings.HasSuffix(name, "/"+realImage+architecture()) && !ours[ids[name]] {
			return name, true
		}
	}
	own := ownImage + architecture()
	return own, ids[own] != ""
}

func (d *Docker) makeImage(ctx context.Context, name string) error {
	system, err := rootFileSystem()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "docker", "import", "--change", "ENV PATH=/bin", "-", name)
	cmd.Env, cmd.Stdin = d.environment(), system
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("docker import: %s", bytes.TrimSpace(out))
	}
	return nil
}

// rootFileSystem is a tar archive of the least that SAM and the functions need.
func rootFileSystem() (*bytes.Buffer, error) {
	busybox, err := findBusybox()
	if err != nil {
		return nil, err
	}
	out := &bytes.Buffer{}
	archive := tar.NewWriter(out)
	entries := []tar.Header{
		{Name: "bin/", Mode: 0o755, Typeflag: tar.TypeDir},
		{Name: "tmp/", Mode: 0o1777, Typeflag: tar.TypeDir},
		{Name: "var/rapid/", Mode: 0o755, Typeflag: tar.TypeDir}, // where SAM puts its Runtime API
		{Name: "var/task/", Mode: 0o755, Typeflag: tar.TypeDir},  // where it mounts the function
		{Name: "bin/busybox", Mode: 0o755, Typeflag: tar.TypeReg, Size: int64(len(busybox))},
	}
	for _, applet := range []string{"sh", "mv", "chmod"} { // with which SAM builds on it
		entries = append(entries, tar.Header{Name: path.Join("bin", applet), Linkname: "busybox", Typeflag: tar.TypeSymlink})
	}
	for _, entry := range entries {
		if err := archive.WriteHeader(&entry); err != nil {
			return nil, err
		}
		if entry.Typeflag != tar.TypeReg {
			continue
		}
		if _, err := archive.Write(busybox); err != nil {
			return nil, err
		}
	}
	return out, archive.Close()
}

// errNoImage names both ways out.
var errNoImage = errors.New("there is no image of provided.al2023 for SAM, and no static busybox to make one of: apt-get install busybox-static, or docker pull AWS's")

// findBusybox answers a busybox that needs no library.
func findBusybox() ([]byte, error) {
	name, err := exec.LookPath("busybox")
	if err != nil {
		return nil, errNoImage
	}
	program, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	parsed, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		return nil, errNoImage
	}
	defer parsed.Close() //nolint:errcheck // it is in memory
	if slices.ContainsFunc(parsed.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		return nil, errNoImage
	}
	return program, nil
}
