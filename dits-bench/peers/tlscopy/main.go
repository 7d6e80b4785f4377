// Tlscopy is the least that an honest transfer has to do: one TCP connection, TLS 1.3 with both sides certified by a key that
// is made for the run, the tree as a stream, SHA-256 of each file on both sides, written and synced at the receiver before it
// says that all is there. It resumes nothing, deduplicates nothing and keeps no versions.
//
//	tlscopy key FILE                 makes the certificate and key that both sides trust
//	tlscopy receive KEY ADDRESS DIR  listens, prints "ready", receives one tree and ends
//	tlscopy send KEY ADDRESS DIR     sends a tree; ends when the receiver has it on its disk
package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const (
	pieceBytes   = 256 << 10
	maxNameBytes = 4096
	kindFile     = 'f'
	kindDir      = 'd'
	kindLink     = 'l'
	kindEnd      = 'e'
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "tlscopy:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	switch {
	case len(arguments) == 2 && arguments[0] == "key":
		return makeKey(arguments[1])
	case len(arguments) == 4 && arguments[0] == "receive":
		return receive(arguments[1], arguments[2], arguments[3])
	case len(arguments) == 4 && arguments[0] == "send":
		return send(arguments[1], arguments[2], arguments[3])
	}
	return errors.New("usage: tlscopy key FILE | receive KEY ADDRESS DIR | send KEY ADDRESS DIR")
}

func makeKey(file string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		DNSNames:              []string{"tlscopy"},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	encoded, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}),
		pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: encoded})...)
	return os.WriteFile(file, text, 0o600)
}

func config(file string) (*tls.Config, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(text, text)
	if err != nil {
		return nil, err
	}
	trusted := x509.NewCertPool()
	if !trusted.AppendCertsFromPEM(text) {
		return nil, errors.New("no certificate in " + file)
	}
	return &tls.Config{
		Certificates: []tls.Certificate{pair},
		RootCAs:      trusted,
		ClientCAs:    trusted,
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ServerName:   "tlscopy",
		MinVersion:   tls.VersionTLS13,
	}, nil
}

// header is: kind, length of the name, name, permission bits, time of change in ns, length of what follows (of a link: its target).
func writeHeader(out io.Writer, kind byte, name string, mode uint32, changed int64, length uint64) error {
	header := []byte{kind}
	header = binary.BigEndian.AppendUint16(header, uint16(len(name)))
	header = append(header, name...)
	header = binary.BigEndian.AppendUint32(header, mode)
	header = binary.BigEndian.AppendUint64(header, uint64(changed))
	header = binary.BigEndian.AppendUint64(header, length)
	_, err := out.Write(header)
	return err
}

func send(keyFile, address, root string) error {
	settings, err := config(keyFile)
	if err != nil {
		return err
	}
	connection, err := tls.Dial("tcp", address, settings)
	if err != nil {
		return err
	}
	defer connection.Close()
	out := bufio.NewWriterSize(connection, pieceBytes)
	buffer := make([]byte, pieceBytes)
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil || name == "." {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		mode, changed := uint32(info.Mode().Perm()), info.ModTime().UnixNano()
		switch {
		case info.IsDir():
			return writeHeader(out, kindDir, name, mode, changed, 0)
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			if err := writeHeader(out, kindLink, name, mode, changed, uint64(len(target))); err != nil {
				return err
			}
			_, err = out.WriteString(target)
			return err
		case info.Mode().IsRegular():
			if err := writeHeader(out, kindFile, name, mode, changed, uint64(info.Size())); err != nil {
				return err
			}
			return sendFile(out, path, info.Size(), buffer)
		}
		return fmt.Errorf("%s is neither file, directory nor link", name)
	})
	if err != nil {
		return err
	}
	if err := writeHeader(out, kindEnd, "", 0, 0, 0); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	answer := make([]byte, 2)
	if _, err := io.ReadFull(connection, answer); err != nil || string(answer) != "ok" {
		return fmt.Errorf("the receiver did not say that all is there: %v", err)
	}
	return nil
}

func sendFile(out io.Writer, path string, size int64, buffer []byte) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	hash := sha256.New()
	// Only Write of the writers is wanted: ReadFrom would go around the buffer.
	both := struct{ io.Writer }{io.MultiWriter(out, hash)}
	if n, err := io.CopyBuffer(both, struct{ io.Reader }{io.LimitReader(file, size)}, buffer); err != nil || n != size {
		return fmt.Errorf("%s gave %d of %d bytes: %v", path, n, size, err)
	}
	_, err = out.Write(hash.Sum(nil))
	return err
}

func receive(keyFile, address, root string) error {
	settings, err := config(keyFile)
	if err != nil {
		return err
	}
	listener, err := tls.Listen("tcp", address, settings)
	if err != nil {
		return err
	}
	defer listener.Close()
	fmt.Println("ready")
	connection, err := listener.Accept()
	if err != nil {
		return err
	}
	defer connection.Close()
	in := bufio.NewReaderSize(connection, pieceBytes)
	buffer := make([]byte, pieceBytes)
	if err := os.MkdirAll(root, 0o755); err != nil {
		return err
	}
	type directory struct {
		path    string
		mode    uint32
		changed int64
	}
	directories := []directory{}
	for {
		kind, name, mode, changed, length, err := readHeader(in)
		if err != nil {
			return err
		}
		if kind == kindEnd {
			break
		}
		if !filepath.IsLocal(name) {
			return fmt.Errorf("a name leads out of the directory: %q", name)
		}
		path := filepath.Join(root, name)
		switch kind {
		case kindDir:
			if err := os.Mkdir(path, 0o700); err != nil {
				return err
			}
			directories = append(directories, directory{path, mode, changed})
		case kindLink:
			if length > maxNameBytes {
				return errors.New("the target of a link is too long")
			}
			target := make([]byte, length)
			if _, err := io.ReadFull(in, target); err != nil {
				return err
			}
			if err := os.Symlink(string(target), path); err != nil {
				return err
			}
		case kindFile:
			if err := receiveFile(in, path, mode, changed, int64(length), buffer); err != nil {
				return err
			}
		default:
			return fmt.Errorf("unknown kind %d", kind)
		}
	}
	for i := len(directories) - 1; i >= 0; i-- {
		at := time.Unix(0, directories[i].changed)
		if err := os.Chmod(directories[i].path, fs.FileMode(directories[i].mode)); err != nil {
			return err
		}
		if err := os.Chtimes(directories[i].path, at, at); err != nil {
			return err
		}
	}
	if err := syncFileSystem(root); err != nil {
		return err
	}
	_, err = connection.Write([]byte("ok"))
	return err
}

func readHeader(in io.Reader) (kind byte, name string, mode uint32, changed int64, length uint64, err error) {
	start := make([]byte, 3)
	if _, err = io.ReadFull(in, start); err != nil {
		return
	}
	nameBytes := binary.BigEndian.Uint16(start[1:])
	if nameBytes > maxNameBytes {
		err = errors.New("a name is too long")
		return
	}
	rest := make([]byte, int(nameBytes)+20)
	if _, err = io.ReadFull(in, rest); err != nil {
		return
	}
	numbers := rest[nameBytes:]
	return start[0], string(rest[:nameBytes]), binary.BigEndian.Uint32(numbers), int64(binary.BigEndian.Uint64(numbers[4:])),
		binary.BigEndian.Uint64(numbers[12:]), nil
}

func receiveFile(in io.Reader, path string, mode uint32, changed, size int64, buffer []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	hash := sha256.New()
	both := struct{ io.Writer }{io.MultiWriter(file, hash)}
	if n, err := io.CopyBuffer(both, struct{ io.Reader }{io.LimitReader(in, size)}, buffer); err != nil || n != size {
		return fmt.Errorf("%s: %d of %d bytes came: %v", path, n, size, err)
	}
	expected := make([]byte, sha256.Size)
	if _, err := io.ReadFull(in, expected); err != nil {
		return err
	}
	if string(hash.Sum(nil)) != string(expected) {
		return errors.New(path + " did not arrive as it is")
	}
	if err := file.Chmod(fs.FileMode(mode)); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	at := time.Unix(0, changed)
	return os.Chtimes(path, at, at)
}

// One call for the whole tree: an fsync of each of ten thousand files would measure the disk.
func syncFileSystem(root string) error {
	directory, err := os.Open(root)
	if err != nil {
		return err
	}
	defer directory.Close()
	_, _, number := syscall.Syscall(sysSyncfs, directory.Fd(), 0, 0)
	if number != 0 {
		return number
	}
	return nil
}
