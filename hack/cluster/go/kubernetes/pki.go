package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// A certificate to sign: names and IP addresses make it a server's as well.
type leaf struct {
	Name         string   `json:"name"`
	CommonName   string   `json:"commonName"`
	Organization []string `json:"organization"`
	Hosts        []string `json:"hosts"`
}

type authority struct {
	Name   string `json:"name"`
	Leaves []leaf `json:"leaves"`
}

type request struct {
	Authorities []authority `json:"authorities"`
	// Bare key pairs: NAME.key and NAME.pub, for signing tokens.
	KeyPairs []string `json:"keyPairs"`
}

const validity = 10 * 365 * 24 * time.Hour

// pki reads a request on standard input and writes NAME.crt and NAME.key files
// into the directory given as the only argument.
func pki() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: pki DIRECTORY < request.json")
		os.Exit(2)
	}
	var wanted request
	check(json.NewDecoder(os.Stdin).Decode(&wanted))
	check(os.MkdirAll(os.Args[1], 0o700))
	check(os.Chdir(os.Args[1]))
	for _, authority := range wanted.Authorities {
		issueAll(authority)
	}
	for _, name := range wanted.KeyPairs {
		writeKeyPair(name)
	}
}

func issueAll(wanted authority) {
	key := newKey()
	template := newTemplate(leaf{CommonName: "modelsmith-" + wanted.Name})
	template.IsCA = true
	template.BasicConstraintsValid = true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	signed := sign(template, template, key.Public(), key)
	write(wanted.Name, signed, key)
	for _, leaf := range wanted.Leaves {
		issue(leaf, signed, key)
	}
}

func issue(wanted leaf, issuer *x509.Certificate, issuerKey crypto.Signer) {
	key := newKey()
	template := newTemplate(wanted)
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	if len(wanted.Hosts) > 0 {
		template.ExtKeyUsage = append(template.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
	}
	write(wanted.Name, sign(template, issuer, key.Public(), issuerKey), key)
}

func newTemplate(wanted leaf) *x509.Certificate {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	check(err)
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: wanted.CommonName, Organization: wanted.Organization},
		NotBefore:    time.Now().Add(-time.Hour), // clocks step back
		NotAfter:     time.Now().Add(validity),
	}
	for _, host := range wanted.Hosts {
		if address := net.ParseIP(host); address != nil {
			template.IPAddresses = append(template.IPAddresses, address)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	return template
}

func sign(template, issuer *x509.Certificate, public crypto.PublicKey, key crypto.Signer) *x509.Certificate {
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, public, key)
	check(err)
	signed, err := x509.ParseCertificate(der)
	check(err)
	return signed
}

func newKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	return key
}

func write(name string, certificate *x509.Certificate, key *ecdsa.PrivateKey) {
	writePEM(name+".crt", "CERTIFICATE", certificate.Raw, 0o644)
	writeKey(name, key)
}

func writeKey(name string, key *ecdsa.PrivateKey) {
	der, err := x509.MarshalECPrivateKey(key)
	check(err)
	writePEM(name+".key", "EC PRIVATE KEY", der, 0o600)
}

func writeKeyPair(name string) {
	key := newKey()
	writeKey(name, key)
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	check(err)
	writePEM(name+".pub", "PUBLIC KEY", der, 0o644)
}

func writePEM(path, kind string, der []byte, mode os.FileMode) {
	encoded := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	check(os.WriteFile(filepath.Clean(path), encoded, mode))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "pki:", err)
		os.Exit(1)
	}
}
